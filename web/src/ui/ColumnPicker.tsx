import { Popover } from "@mantine/core";
import { useState } from "react";
import { useView } from "../state/view";
import form from "./form.module.css";
import frame from "./frame.module.css";
import { ColumnsIcon } from "./icons";
import { chosenColumns, columnsText, pickable } from "./PredictionTable";

/** Which columns the list shows; the address keeps it. */
export function ColumnPicker() {
  const { view, keep } = useView();
  const [opened, setOpened] = useState(false);
  const chosen = chosenColumns(view.columns);
  const toggle = (name: string) =>
    keep({
      columns: columnsText(chosen.includes(name) ? chosen.filter((one) => one !== name) : [...chosen, name]),
    });
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="bottom-end"
      width={220}
      trapFocus
      returnFocus
      shadow="md"
    >
      <Popover.Target>
        <button type="button" className={form.button} onClick={() => setOpened(!opened)}>
          <ColumnsIcon size={14} /> Columns
        </button>
      </Popover.Target>
      <Popover.Dropdown className={frame.menu ?? ""}>
        <div className={frame.menuList}>
          {pickable.map(({ name, head }) => (
            <label key={name} className={frame.check}>
              <input type="checkbox" checked={chosen.includes(name)} onChange={() => toggle(name)} />
              {head}
            </label>
          ))}
        </div>
        <p className="quiet">A narrow window leaves some of them out.</p>
      </Popover.Dropdown>
    </Popover>
  );
}

import { Popover } from "@mantine/core";
import { useState } from "react";
import { type Comparison, comparisons } from "../state/search";
import { useView } from "../state/view";
import styles from "./frame.module.css";
import { CheckIcon, DownIcon } from "./icons";

export const comparisonWords: Record<Comparison, { short: string; long: string }> = {
  previous: { short: "vs range before", long: "The range of equal length before" },
  weekdays: { short: "vs same weekdays", long: "The same weekdays, whole weeks before" },
  none: { short: "no comparison", long: "Nothing" },
};

/** What every change is measured against. */
export function CompareMenu() {
  const { compare, setCompare } = useView();
  const [opened, setOpened] = useState(false);
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="bottom-start"
      width={280}
      trapFocus
      returnFocus
      shadow="md"
    >
      <Popover.Target>
        <button
          type="button"
          className={styles.tool}
          data-shortcut="c"
          data-on={compare !== "previous" || undefined}
          onClick={() => setOpened(!opened)}
          title="Compare with (c)"
        >
          <span>{comparisonWords[compare].short}</span>
          <DownIcon size={12} />
        </button>
      </Popover.Target>
      <Popover.Dropdown className={styles.menu ?? ""}>
        <p className={styles.menuHead}>Compare with</p>
        <div className={styles.menuList}>
          {comparisons.map((name) => (
            <button
              key={name}
              type="button"
              className={styles.menuItem}
              aria-current={name === compare || undefined}
              onClick={() => {
                setOpened(false);
                setCompare(name);
              }}
            >
              {comparisonWords[name].long}
              {name === compare && <CheckIcon size={14} />}
            </button>
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

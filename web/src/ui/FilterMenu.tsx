import { Popover } from "@mantine/core";
import { useState } from "react";
import { useValues } from "../api/queries";
import { countryName, integer } from "../format";
import { type FilterName, filterLabels, filterNames } from "../state/search";
import { useView } from "../state/view";
import styles from "./frame.module.css";
import { BackIcon, FilterIcon } from "./icons";
import { outcomeLabel } from "./Outcome";
import { Picker } from "./Picker";

/** Adds a filter: first what by, then which of the values there are in the range, the most frequent first. */
export function FilterMenu() {
  const [opened, setOpened] = useState(false);
  const [name, setName] = useState<FilterName | null>(null);
  const close = () => {
    setOpened(false);
    setName(null);
  };
  return (
    <Popover
      opened={opened}
      onChange={(open) => (open ? setOpened(true) : close())}
      position="bottom-start"
      width={300}
      trapFocus
      returnFocus
      shadow="md"
    >
      <Popover.Target>
        <button
          type="button"
          className={styles.tool}
          onClick={() => (opened ? close() : setOpened(true))}
          title="Add a filter (f)"
          data-shortcut="f"
        >
          <FilterIcon />
          <span className={styles.toolWord}>Filter</span>
        </button>
      </Popover.Target>
      <Popover.Dropdown className={styles.menu ?? ""}>
        {name === null ? (
          <Picker
            key="names"
            label="Filter by"
            placeholder="Filter by"
            choices={filterNames.map((each) => ({
              key: each,
              label: filterLabels[each],
              act: () => setName(each),
            }))}
            onPick={() => undefined}
          />
        ) : (
          <>
            <button type="button" className={styles.back} onClick={() => setName(null)}>
              <BackIcon size={14} /> {filterLabels[name]}
            </button>
            <Values name={name} onPick={close} onBack={() => setName(null)} />
          </>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

function Values({ name, onPick, onBack }: { name: FilterName; onPick: () => void; onBack: () => void }) {
  const { range, filters, addFilter } = useView();
  const { data, error } = useValues(name, range, filters, true);
  const chosen = filters[name] ?? [];
  return (
    <Picker
      label={filterLabels[name]}
      placeholder="Type to search"
      choices={(data ?? [])
        .filter(({ value }) => !chosen.includes(value))
        .map(({ value, count }) => ({
          key: value,
          label: valueLabel(name, value),
          hint: integer(count),
          words: value,
          act: () => addFilter(name, value),
        }))}
      note={
        error
          ? error.message
          : data === undefined
            ? "Loading"
            : data.length === 0
              ? `None ${range.words}.`
              : null
      }
      onPick={onPick}
      onBack={onBack}
    />
  );
}

/** A value of a dimension as people read it. */
export function valueLabel(name: FilterName, value: string): string {
  if (name === "country") return countryName(value);
  if (name === "outcome") return outcomeLabel(value);
  return value;
}

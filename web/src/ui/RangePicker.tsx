import { Popover } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { customRange, instantOf, localOf, rangeLabel, rangePresets } from "../state/range";
import { useView } from "../state/view";
import { useZone } from "../state/zone";
import styles from "./frame.module.css";
import { CalendarIcon } from "./icons";
import states from "./states.module.css";

/** Presets at one click, any other range in a small form; days and hours are those of the tenant's zone. */
export function RangePicker() {
  const { range, setRange } = useView();
  const zone = useZone();
  const [opened, setOpened] = useState(false);
  const preset = rangePresets.some(({ code }) => code === range.code);
  const choose = (code: string) => {
    setOpened(false);
    setRange(code);
  };
  return (
    <div className={styles.range}>
      <fieldset className={styles.presets}>
        <legend className="visually-hidden">Range</legend>
        {rangePresets.map(({ code, label }) => (
          <label key={code}>
            <input
              type="radio"
              name="range"
              className="visually-hidden"
              checked={code === range.code}
              onChange={() => setRange(code)}
            />
            {label}
          </label>
        ))}
      </fieldset>
      <Popover
        opened={opened}
        onChange={setOpened}
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
            data-on={!preset || undefined}
            data-shortcut="r"
            onClick={() => setOpened(!opened)}
            title={`${rangeLabel(range)}, ${zone}. Another range (r)`}
          >
            <CalendarIcon />
            <span className={styles.rangeName} data-preset={preset || undefined}>
              {rangeLabel(range)}
            </span>
          </button>
        </Popover.Target>
        <Popover.Dropdown className={styles.menu ?? ""}>
          <div className={styles.menuList}>
            {rangePresets.map(({ code, words }) => (
              <button
                key={code}
                type="button"
                className={styles.menuItem}
                aria-current={code === range.code || undefined}
                onClick={() => choose(code)}
              >
                {words}
              </button>
            ))}
          </div>
          <Custom key={range.code} zone={zone} onChoose={choose} />
        </Popover.Dropdown>
      </Popover>
      <span className={styles.zone} title={`Days and hours are those of ${zone}`}>
        {zone}
      </span>
    </div>
  );
}

const dayMs = 86_400_000;

function Custom({ zone, onChoose }: { zone: string; onChoose: (code: string) => void }) {
  const { range } = useView();
  const given = "start" in range.query ? range.query : null;
  const now = Date.now();
  const [from, setFrom] = useState(
    given ? localOf(Date.parse(given.start), zone) : `${localOf(now - 7 * dayMs, zone).slice(0, 10)}T00:00`,
  );
  const [to, setTo] = useState(
    given ? localOf(Date.parse(given.end), zone) : `${localOf(now, zone).slice(0, 10)}T00:00`,
  );
  const [problem, setProblem] = useState<string | null>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const start = instantOf(from, zone);
    const end = instantOf(to, zone);
    if (start === null || end === null) setProblem("Give both times.");
    else if (start >= end)
      setProblem("The end must be later than the start; the end itself is not included.");
    else if (end - start > 400 * dayMs) setProblem("At most 400 days.");
    else onChoose(customRange(start, end));
  };
  return (
    <form className={styles.custom} onSubmit={submit} noValidate>
      <label>
        <span>From</span>
        <input type="datetime-local" value={from} onChange={(event) => setFrom(event.currentTarget.value)} />
      </label>
      <label>
        <span>To</span>
        <input type="datetime-local" value={to} onChange={(event) => setTo(event.currentTarget.value)} />
      </label>
      {problem && (
        <p className={states.problem} role="alert">
          {problem}
        </p>
      )}
      <p className="quiet">Times are those of {zone}. Drag over a chart to choose a part of it.</p>
      <button type="submit" className={styles.primary}>
        Show this range
      </button>
    </form>
  );
}

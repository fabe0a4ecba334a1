import type { RuleDraft } from "../../state/rule";
import form from "../../ui/form.module.css";
import { CloseIcon, PlusIcon } from "../../ui/icons";
import styles from "./rules.module.css";

interface Props {
  draft: RuleDraft;
  dimensions: { name: string; label: string }[];
  problem: string | undefined;
  onChange: (filters: RuleDraft["filters"]) => void;
}

/** Which of a metric's events a rule looks at, a line for each dimension. */
export function RuleFilters({ draft: { filters }, dimensions, problem, onChange }: Props) {
  const change = (at: number, part: Partial<RuleDraft["filters"][number]>) =>
    onChange(filters.map((one, index) => (index === at ? { ...one, ...part } : one)));
  return (
    <fieldset className={styles.filters}>
      <legend>Only of</legend>
      {filters.map((filter, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is what stands at its place
        <div key={at} className={styles.line}>
          <select
            className={form.input}
            aria-label={`Filter ${at + 1}, by`}
            value={filter.name}
            onChange={(event) => change(at, { name: event.currentTarget.value })}
          >
            {!dimensions.some(({ name }) => name === filter.name) && <option>{filter.name}</option>}
            {dimensions.map(({ name, label }) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
          <input
            className={form.input}
            aria-label={`Filter ${at + 1}, values with commas`}
            placeholder="acme, zeta"
            value={filter.values}
            onChange={(event) => change(at, { values: event.currentTarget.value })}
          />
          <button
            type="button"
            className={form.button}
            aria-label={`Remove filter ${at + 1}`}
            onClick={() => onChange(filters.filter((_, index) => index !== at))}
          >
            <CloseIcon size={14} />
          </button>
        </div>
      ))}
      {problem && <p className={form.problem}>{problem}</p>}
      <div className={styles.buttons}>
        {dimensions.length > 0 && (
          <button
            type="button"
            className={form.button}
            onClick={() => onChange([...filters, { name: dimensions[0]?.name ?? "", values: "" }])}
          >
            <PlusIcon size={14} /> Filter
          </button>
        )}
        {filters.length === 0 && (
          <span className="quiet">
            {dimensions.length > 0 ? "Everything counts." : "This metric is one number: nothing to choose."}
          </span>
        )}
      </div>
    </fieldset>
  );
}

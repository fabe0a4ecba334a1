import { countryName, middle } from "../format";
import { filterLabels, filterNames } from "../state/search";
import { useView } from "../state/view";
import styles from "./frame.module.css";
import { CloseIcon } from "./icons";

/** The filters in force; each is removed by its own button. */
export function FilterChips() {
  const { filters, removeFilter, clearFilters } = useView();
  const chips = filterNames.flatMap((name) => (filters[name] ?? []).map((value) => ({ name, value })));
  if (chips.length === 0) return <div className={styles.chips} />;
  return (
    <ul className={styles.chips} aria-label="Filters">
      {chips.map(({ name, value }) => {
        const shown = name === "country" ? countryName(value) : value;
        return (
          <li key={`${name} ${value}`}>
            <button
              type="button"
              className={styles.chip}
              onClick={() => removeFilter(name, value)}
              title={`${filterLabels[name]}: ${shown}. Remove this filter`}
            >
              <span className={styles.chipName}>{filterLabels[name]}: </span>
              <span className={styles.chipValue}>{middle(shown, 20, 6)}</span>
              <CloseIcon size={12} />
              <span className="visually-hidden">(remove this filter)</span>
            </button>
          </li>
        );
      })}
      {chips.length > 1 && (
        <li>
          <button type="button" className={styles.clear} onClick={clearFilters}>
            Clear
          </button>
        </li>
      )}
    </ul>
  );
}

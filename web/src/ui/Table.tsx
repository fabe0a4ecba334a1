import type { ReactNode } from "react";
import { countryName, unknown } from "../format";
import { type FilterName, filterLabels } from "../state/search";
import { useView } from "../state/view";
import styles from "./table.module.css";

export interface Column<Row> {
  key: string;
  head: ReactNode;
  number?: boolean;
  cell: (row: Row) => ReactNode;
}

interface Props<Row> {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  maxHeight?: number;
}

export function Table<Row>({ label, columns, rows, rowKey, maxHeight }: Props<Row>) {
  const table = (
    <table className={styles.table}>
      <caption className="visually-hidden">{label}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.key} scope="col" data-number={column.number || undefined}>
              {column.head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)}>
            {columns.map((column) => (
              <td key={column.key} data-number={column.number || undefined}>
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
  if (maxHeight === undefined) return <div className={styles.scroll}>{table}</div>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region is reachable by keyboard only this way
    <section className={styles.scroll} style={{ maxHeight }} aria-label={label} tabIndex={0}>
      {table}
    </section>
  );
}

/** A value of the data that narrows the page to itself when clicked. */
export function FilterValue({ name, value }: { name: FilterName; value: string | null | undefined }) {
  const { addFilter } = useView();
  if (value == null) return <span>{name === "country" ? countryName(value) : unknown}</span>;
  const shown = name === "country" ? countryName(value) : value;
  return (
    <button
      type="button"
      className={styles.value}
      onClick={() => addFilter(name, value)}
      title={`Only ${filterLabels[name].toLowerCase()}: ${shown}`}
    >
      {shown}
    </button>
  );
}

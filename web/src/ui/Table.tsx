import type { ReactNode } from "react";
import { countryName, unknown } from "../format";
import { type FilterName, filterLabels } from "../state/search";
import { useView } from "../state/view";
import styles from "./table.module.css";

export interface Column<Row> {
  key: string;
  head: ReactNode;
  number?: boolean;
  /** Whether its head sorts the table. */
  sortable?: boolean;
  cell: (row: Row) => ReactNode;
}

interface Props<Row> {
  label: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  maxHeight?: number;
  /** The sorted column's key, `-` in front for descending. */
  sort?: string;
  onSort?: (sort: string) => void;
}

export function Table<Row>({ label, columns, rows, rowKey, maxHeight, sort = "", onSort }: Props<Row>) {
  const table = (
    <table className={styles.table}>
      <caption className="visually-hidden">{label}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th
              key={column.key}
              scope="col"
              data-number={column.number || undefined}
              aria-sort={sortOf(column, sort)}
            >
              {column.sortable && onSort ? (
                <button
                  type="button"
                  className={styles.sort}
                  data-order={sortOf(column, sort)}
                  onClick={() => onSort(nextSort(column, sort))}
                >
                  {column.head}
                </button>
              ) : (
                column.head
              )}
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
    <section className={styles.scroll} style={{ maxHeight }} aria-label={`${label}, table`} tabIndex={0}>
      {table}
    </section>
  );
}

type Sorted = Pick<Column<never>, "key" | "number">;

function sortOf({ key }: Sorted, sort: string): "ascending" | "descending" | undefined {
  if (sort === key) return "ascending";
  return sort === `-${key}` ? "descending" : undefined;
}

/** Numbers begin with the most, names with A; a second click turns it round. */
function nextSort({ key, number }: Sorted, sort: string): string {
  const first = number ? `-${key}` : key;
  const second = number ? key : `-${key}`;
  return sort === first ? second : first;
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

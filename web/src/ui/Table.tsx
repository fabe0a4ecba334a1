import { type ReactNode, type RefObject, useEffect, useRef, useState } from "react";
import { countryName, unknown } from "../format";
import type { Said } from "../state/said";
import { type FilterName, filterLabels } from "../state/search";
import type { Field } from "../state/sheet";
import { useViewChanges } from "../state/view";
import { Telling } from "./Told";
import styles from "./table.module.css";

export interface Column<Row> {
  key: string;
  head: ReactNode;
  /** What it holds: told from the head on hover, focus and touch. */
  said?: Said | undefined;
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
  onSort?: ((sort: string) => void) | undefined;
}

export function Table<Row>({ label, columns, rows, rowKey, maxHeight, sort = "", onSort }: Props<Row>) {
  const box = useRef<HTMLDivElement>(null);
  const overflows = useOverflow(box);
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
              <Head
                head={column.head}
                said={column.said}
                order={sortOf(column, sort)}
                onSort={column.sortable && onSort ? () => onSort(nextSort(column, sort)) : undefined}
              />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)} data-row={rowKey(row)}>
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
  // A region that scrolls is reachable by keyboard only when it can be focused itself.
  const reachable =
    overflows || maxHeight !== undefined
      ? { role: "region", "aria-label": `${label}, table`, tabIndex: 0 }
      : {};
  return (
    <div
      ref={box}
      className={styles.scroll}
      style={{ maxHeight }}
      data-overflows={overflows || undefined}
      {...reachable}
    >
      {table}
    </div>
  );
}

interface HeadProps {
  head: ReactNode;
  said?: Said | undefined;
  /** How the table is sorted by this column. */
  order?: "ascending" | "descending" | undefined;
  onSort?: (() => void) | undefined;
}

/** One button a head at most: what sorts by the column also says what the column is. */
export function Head({ head, said, order, onSort }: HeadProps) {
  if (!onSort && !said) return head;
  const button = (
    <button type="button" className={onSort ? styles.sort : styles.told} data-order={order} onClick={onSort}>
      {head}
    </button>
  );
  return said ? (
    <Telling said={said} at="top">
      {button}
    </Telling>
  ) : (
    button
  );
}

/** The numbers behind a picture as the columns of a table. */
export function columnsOf<Row>(fields: Field<Row>[]): Column<Row>[] {
  return fields.map((field) => ({
    key: field.key,
    head: field.head,
    said: field.said,
    ...(field.number ? { number: true } : {}),
    cell: (row) => (field.show ? field.show(row) : (field.value(row) ?? unknown)),
  }));
}

/** Whether what is inside is larger than the box, now and after either changes its size. */
function useOverflow(box: RefObject<HTMLElement | null>): boolean {
  const [overflows, setOverflows] = useState(false);
  useEffect(() => {
    const outer = box.current;
    const inner = outer?.firstElementChild;
    if (!outer || !inner) return;
    const look = () =>
      setOverflows(outer.scrollWidth > outer.clientWidth || outer.scrollHeight > outer.clientHeight);
    const observer = new ResizeObserver(look);
    observer.observe(outer);
    observer.observe(inner);
    return () => observer.disconnect();
  }, [box]);
  return overflows;
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
  const { addFilter } = useViewChanges();
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

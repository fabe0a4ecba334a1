import type { ReactNode } from "react";
import { type Cell, toCsv } from "../csv";
import type { Said } from "./said";

/** One column of the numbers behind a picture: as a table shows it and as a file holds it. */
export interface Field<Row> {
  /** The file's column name. */
  key: string;
  head: ReactNode;
  /** What its numbers are, told from the head. */
  said?: Said | undefined;
  number?: boolean;
  value: (row: Row) => Cell;
  /** As shown; the value itself when absent. */
  show?: (row: Row) => ReactNode;
}

export function csvOf<Row>(fields: Field<Row>[], rows: Row[]): string {
  return toCsv(
    fields.map(({ key }) => key),
    rows.map((row) => fields.map(({ value }) => value(row))),
  );
}

import { type ReactNode, useRef, useState } from "react";
import chart from "../charts/chart.module.css";
import { download } from "../csv";
import { savePicture } from "../picture";
import type { Said } from "../state/said";
import { csvOf, type Field } from "../state/sheet";
import { Card, CardAction } from "./Card";
import { ChartIcon, DownloadIcon, PictureIcon, TableIcon } from "./icons";
import type { Loading } from "./states";
import { columnsOf, Table } from "./Table";

export interface LegendItem {
  label: string;
  /** The swatch beside the label. */
  mark: ReactNode;
  /** Its colour in a saved picture. */
  colour: string;
}

interface Props<Row> {
  title: string;
  subtitle: string;
  /** What its numbers mean. */
  about?: Said[] | undefined;
  /** Begins the names of saved files. */
  name: string;
  fields: Field<Row>[];
  rows: Row[];
  /** The newest first, where the picture runs from left to right. */
  reversed?: boolean;
  height: number;
  loading: Loading;
  legend?: LegendItem[];
  /** The legend of a saved picture, where the page says it beside the chart. */
  pictureLegend?: { label: string; colour: string }[];
  /** Said instead of a picture of nothing. */
  empty?: ReactNode;
  tools?: ReactNode;
  className?: string | undefined;
  children: ReactNode;
}

/** A picture of numbers that is also a table, a CSV file and a PNG. */
export function ChartCard<Row>(props: Props<Row>) {
  const { title, subtitle, name, fields, rows, reversed, height, loading, legend = [], empty, tools } = props;
  const [asTable, setAsTable] = useState(false);
  const body = useRef<HTMLDivElement>(null);
  const shown = loading.pending || loading.error || empty ? null : rows;
  const caption = { title, subtitle, legend: props.pictureLegend ?? legend };
  const save = () => {
    if (body.current) void savePicture(body.current, caption, `verascope-${name}.png`);
  };
  return (
    <Card
      className={props.className}
      title={title}
      subtitle={subtitle}
      about={props.about}
      minHeight={height + (legend.length > 0 ? 26 : 0)}
      loading={loading}
      actions={
        <>
          {tools}
          {shown && (
            <>
              <CardAction
                label={asTable ? "Show as chart" : "Show as table"}
                icon={asTable ? <ChartIcon /> : <TableIcon />}
                onClick={() => setAsTable(!asTable)}
              />
              {!asTable && <CardAction label="Download as PNG" icon={<PictureIcon />} onClick={save} />}
              <CardAction
                label="Download as CSV"
                icon={<DownloadIcon />}
                onClick={() => download(`verascope-${name}.csv`, csvOf(fields, rows))}
              />
            </>
          )}
        </>
      }
    >
      {empty ||
        (asTable ? (
          <Table
            label={title}
            columns={columnsOf(fields).map((column) => ({
              ...column,
              cell: (row: { cells: Row; at: number }) => column.cell(row.cells),
            }))}
            rows={numbered(reversed ? rows.toReversed() : rows)}
            rowKey={({ at }) => String(at)}
            maxHeight={height + (legend.length > 0 ? 26 : 0)}
          />
        ) : (
          <>
            {legend.length > 0 && (
              <div className={chart.legend}>
                {legend.map(({ label, mark }) => (
                  <span key={label}>
                    {mark}
                    {label}
                  </span>
                ))}
              </div>
            )}
            <div ref={body}>{props.children}</div>
          </>
        ))}
    </Card>
  );
}

function numbered<Row>(rows: Row[]): { cells: Row; at: number }[] {
  return rows.map((cells, at) => ({ cells, at }));
}

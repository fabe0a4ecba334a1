import { useRef, useState } from "react";
import type { SqlColumn, SqlResult, SqlValue } from "../api/sql";
import chart from "../charts/chart.module.css";
import { integer, milliseconds, plural } from "../format";
import explore from "../pages/explore.module.css";
import { savePicture } from "../picture";
import { type Picture, pictureOf, type Run } from "../state/sql";
import { Card, CardAction } from "./Card";
import { Drawn } from "./Drawn";
import { AlertIcon, ChartIcon, DownloadIcon, PictureIcon, TableIcon } from "./icons";
import { Empty, Skeleton } from "./states";
import table from "./table.module.css";

interface Props {
  run: Run;
  /** How the query likes to be drawn. */
  wanted: "bar" | "line" | null;
  onSave: () => void;
}

/** What became of the query: rows, a picture of them, or why not. */
export function SqlOutcome({ run, wanted, onSave }: Props) {
  switch (run.step) {
    case "idle":
      return (
        <Empty>
          <p>Choose a query on this page, or write one and run it with Ctrl Enter.</p>
        </Empty>
      );
    case "running":
      return (
        <div role="status" aria-label="The query is running">
          <Skeleton height={220} />
        </div>
      );
    case "cancelled":
      return (
        <Empty>
          <p role="status">Cancelled. Nothing was changed; run it again when you like.</p>
        </Empty>
      );
    case "failed": {
      const { line, column } = run.problem.details;
      return (
        <div className={explore.problem} role="alert">
          <AlertIcon />
          <p>
            {run.problem.message}
            {line != null && ` Line ${line}, column ${column ?? 1}.`}
          </p>
        </div>
      );
    }
    case "done":
      return <Answer key={run.result.id} result={run.result} wanted={wanted} onSave={onSave} />;
  }
}

function Answer({
  result,
  wanted,
  onSave,
}: {
  result: SqlResult;
  wanted: Props["wanted"];
  onSave: () => void;
}) {
  const [drawn, setDrawn] = useState(wanted !== null);
  const picture = pictureOf(result, wanted);
  const body = useRef<HTMLDivElement>(null);
  const cut =
    result.truncated === "rows"
      ? `Cut off at ${integer(result.limits.rows)} rows.`
      : result.truncated === "size"
        ? "Cut off: the answer was too large."
        : "";
  return (
    <Card
      title="Result"
      subtitle={`${plural(result.row_count, "row")} in ${milliseconds(result.elapsed_ms)}. ${[cut, ...result.notes].join(" ")}`}
      actions={
        <>
          {picture && (
            <CardAction
              label={drawn ? "Show as table" : "Show as chart"}
              icon={drawn ? <TableIcon /> : <ChartIcon />}
              onClick={() => setDrawn(!drawn)}
            />
          )}
          {picture && drawn && (
            <CardAction
              label="Download as PNG"
              icon={<PictureIcon />}
              onClick={() => {
                if (body.current) void savePicture(body.current, captionOf(picture), "verascope-query.png");
              }}
            />
          )}
          <CardAction label="Download as CSV" icon={<DownloadIcon />} onClick={onSave} />
        </>
      }
    >
      {result.row_count === 0 ? (
        <Empty>
          <p>The query ran and found no rows.</p>
        </Empty>
      ) : drawn && picture ? (
        <div ref={body}>
          <ResultChart picture={picture} />
        </div>
      ) : (
        <ResultTable result={result} />
      )}
    </Card>
  );
}

const tones = ["p95", "p50", "p99", "uncertain", "failed"] as const;
const height = 300;

function captionOf({ kind, labels, series }: Picture) {
  const shown = series.slice(0, tones.length);
  return {
    title: shown.map(({ name }) => name).join(", "),
    subtitle: labels.length > 1 ? `${labels[0]} to ${labels.at(-1)}` : (labels[0] ?? ""),
    legend:
      kind === "bar"
        ? []
        : shown.map(({ name }, at) => ({ label: name, colour: `var(--vs-${tones[at] ?? "accent"})` })),
  };
}

function ResultChart({ picture }: { picture: Picture }) {
  const { kind, labels, series } = picture;
  const [first] = series;
  const summary = `${labels.length} steps of ${series.map(({ name }) => name).join(", ")}`;
  const bars = kind === "bar" && first;
  return (
    <Drawn height={height}>
      {({ BarsChart, LineChart }) =>
        bars ? (
          <BarsChart
            bars={labels.map((label, at) => ({
              label,
              value: first.values[at] ?? 0,
              note: written(first.values[at] ?? null),
            }))}
            summary={summary}
            height={Math.max(120, labels.length * 28)}
          />
        ) : (
          <>
            <div className={chart.legend}>
              {series.slice(0, tones.length).map(({ name }, at) => (
                <span key={name}>
                  <i className={chart.line} style={{ borderColor: `var(--vs-${tones[at]})` }} />
                  {name}
                </span>
              ))}
            </div>
            <LineChart
              buckets={labels.map((label) => ({ start: label, label, title: label, unfinished: false }))}
              lines={series.slice(0, tones.length).map(({ name, values }, at) => ({
                label: name,
                values,
                colour: (palette) => palette[tones[at] ?? "p95"],
              }))}
              show={written}
              summary={summary}
              height={height}
            />
          </>
        )
      }
    </Drawn>
  );
}

const firstRows = 200;

function ResultTable({ result }: { result: SqlResult }) {
  const [count, setCount] = useState(firstRows);
  const rows = result.rows.slice(0, count);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region is reachable by keyboard only this way */}
      <section className={`${table.scroll} ${explore.rows}`} aria-label="Rows" tabIndex={0}>
        <table className={table.table}>
          <thead>
            <tr>
              {result.columns.map((column, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: two columns may have one name
                <th key={at} scope="col" data-number={isNumber(column) || undefined}>
                  {column.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows of an answer never move
              <tr key={at}>
                {row.map((value, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: as the columns
                  <td key={index} data-number={isNumber(result.columns[index]) || undefined}>
                    {written(value)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {result.rows.length > count && (
        <button type="button" className={explore.more} onClick={() => setCount(count + 1_000)}>
          Show more ({integer(count)} of {integer(result.rows.length)} shown)
        </button>
      )}
    </>
  );
}

function isNumber(column: SqlColumn | undefined): boolean {
  return column?.type === "integer" || column?.type === "number";
}

const decimal = new Intl.NumberFormat("en", { maximumFractionDigits: 4, useGrouping: false });

function written(value: SqlValue): string {
  if (value === null) return "–";
  if (typeof value === "number") return decimal.format(value);
  return String(value);
}

import type { ReactNode } from "react";
import type { Prediction } from "../api/types";
import { bytes, fullTime, milliseconds, percent, recentTime } from "../format";
import list from "../pages/predictions.module.css";
import { useSentIds } from "../state/analyses";
import { useView, useViewChanges } from "../state/view";
import { useZone } from "../state/zone";
import { type Meaning, type Origin, saidOf } from "./about";
import { CopyText } from "./Copy";
import { OutcomeBadge, outcomeLabel } from "./Outcome";
import { FilterValue, Head } from "./Table";

interface PredictionColumn {
  name: string;
  head: string;
  number?: boolean;
  /** What its numbers are. */
  meaning?: Meaning;
  /** The list is narrower than this: left out. */
  least?: 700 | 900 | 1100;
  cell: (row: Prediction) => ReactNode;
}

/** Every column there is, in order. Time and outcome are always shown. */
export const predictionColumns: PredictionColumn[] = [
  { name: "time", head: "Time", cell: (row) => <Time row={row} /> },
  {
    name: "outcome",
    head: "Outcome",
    cell: (row) => (
      <>
        <OutcomeBadge outcome={row.outcome} />
        {row.error_message && (
          <span className={list.error} title={row.error_message}>
            {row.error_message}
          </span>
        )}
      </>
    ),
  },
  {
    name: "confidence",
    head: "Confidence",
    number: true,
    meaning: {
      title: "Confidence",
      definition: "How sure the detector was of the class it chose.",
      unit: "percent",
    },
    cell: (row) => percent(row.confidence),
  },
  { name: "label", head: "Label", least: 900, cell: (row) => (row.label ? outcomeLabel(row.label) : "–") },
  { name: "client", head: "Client", cell: (row) => <FilterValue name="client" value={row.client} /> },
  {
    name: "country",
    head: "Country",
    least: 700,
    cell: (row) => <FilterValue name="country" value={row.country} />,
  },
  {
    name: "use_case",
    head: "Use case",
    least: 1100,
    cell: (row) => <FilterValue name="use_case" value={row.use_case} />,
  },
  {
    name: "model",
    head: "Model",
    least: 1100,
    cell: (row) => <FilterValue name="model" value={row.model_version} />,
  },
  {
    name: "inference",
    head: "Inference",
    number: true,
    meaning: {
      title: "Inference time",
      definition: "How long decoding the image and the model took.",
      unit: "milliseconds",
    },
    least: 700,
    cell: (row) => milliseconds(row.inference_time_ms),
  },
  {
    name: "response",
    head: "Response",
    number: true,
    meaning: {
      title: "Response time",
      definition: "How long the whole request took inside the server, until it was handed over to storage.",
      unit: "milliseconds",
    },
    least: 900,
    cell: (row) => milliseconds(row.response_time_ms),
  },
  { name: "format", head: "Format", least: 900, cell: (row) => row.image_format ?? "–" },
  {
    name: "size",
    head: "Size",
    number: true,
    meaning: { title: "File size", definition: "How large the file was, as it came in.", unit: "bytes" },
    least: 900,
    cell: (row) => bytes(row.file_size),
  },
  { name: "source", head: "Came through", least: 1100, cell: (row) => row.source },
  { name: "agent", head: "User agent", least: 1100, cell: (row) => row.user_agent ?? "–" },
  { name: "id", head: "Id", least: 900, cell: (row) => <CopyText text={row.id} /> },
];

const recorded: Origin = { range: "each row is one prediction", source: "the prediction as recorded" };

const always = ["time", "outcome"];
export const pickable = predictionColumns.filter(({ name }) => !always.includes(name));
const usual = ["confidence", "client", "country", "use_case", "model", "inference", "id"];

/** The chosen columns by name, from the address's `columns`: a list with commas; the usual ones when absent. */
export function chosenColumns(text: string | undefined): string[] {
  if (text === undefined) return usual;
  const wanted = text.split(",");
  return pickable.map(({ name }) => name).filter((name) => wanted.includes(name));
}

/** What the address says for a choice; nothing for the usual one. */
export function columnsText(chosen: string[]): string | undefined {
  const text = (names: string[]) =>
    pickable
      .map(({ name }) => name)
      .filter((name) => names.includes(name))
      .join(",");
  return text(chosen) === text(usual) ? undefined : text(chosen) || "none";
}

export function PredictionTable({ rows, openId }: { rows: Prediction[]; openId: string | undefined }) {
  const { view } = useView();
  const mine = useSentIds();
  const chosen = chosenColumns(view.columns);
  const columns = predictionColumns.filter(({ name }) => always.includes(name) || chosen.includes(name));
  return (
    <table className={list.table}>
      <thead>
        <tr>
          {columns.map(({ name, head, number, meaning, least }) => (
            <th key={name} scope="col" data-column={name} data-number={number} data-least={least}>
              <Head head={head} said={meaning && saidOf(meaning, recorded)} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr
            key={row.id}
            data-row={row.id}
            data-prediction={row.id}
            data-open={row.id === openId || undefined}
            data-mine={mine.has(row.id) || undefined}
          >
            {columns.map(({ name, number, least, cell }) => (
              <td key={name} data-number={number} data-least={least}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Time({ row }: { row: Prediction }) {
  const zone = useZone();
  const { open } = useViewChanges();
  return (
    <button
      type="button"
      className={list.open}
      onClick={() => open(row.id)}
      title={`${fullTime(row.timestamp, zone)}. Open`}
    >
      {recentTime(row.timestamp, Date.now(), zone)}
    </button>
  );
}

import { useMemo } from "react";
import chart from "../charts/chart.module.css";
import type { Line } from "../charts/LineChart";
import { dayAndClock } from "../format";
import type { Course } from "../state/course";
import { useIncidentMarks } from "../state/marks";
import type { Measure } from "../state/measures";
import type { RangeChoice } from "../state/range";
import type { Said } from "../state/said";
import type { Field } from "../state/sheet";
import { useZone } from "../state/zone";
import { useZoom } from "../state/zoom";
import { ChartCard } from "./ChartCard";
import { Drawn } from "./Drawn";
import { Empty, type Loading } from "./states";

const height = 170;
/** A course that begins this much later than asked says so. */
const lateMs = 3_600_000;

interface Props {
  title: string;
  measures: Measure[];
  course: Course | undefined;
  range: RangeChoice;
  loading: Loading;
  /** Where the value axis ends, for shares. */
  max?: number;
  className?: string | undefined;
}

interface Step {
  at: number;
}

/** What a sample's number means, of which range, and where it comes from. */
export function saidOf({ label, definition, unit }: Measure, when: string, exactly?: string): Said {
  return {
    title: label,
    definition,
    facts: [
      ...(exactly === undefined ? [] : ([["Exactly", exactly]] as [string, string][])),
      ["Unit", unit],
      ["Range", when],
      ["Source", "samples of this machine, every 10 s"],
    ],
  };
}

/** How one or two numbers of the machine went over the range. */
export function CourseCard({ title, measures, course, range, loading, max, className }: Props) {
  const zoom = useZoom();
  const zone = useZone();
  const marks = useIncidentMarks(course?.starts, course?.end);
  const parts = useMemo(() => partsOf(course, measures), [course, measures]);
  const [first] = measures;
  if (!first) return null;
  const valueAt = (measure: Measure, { at }: Step) => {
    const sample = course?.samples[at];
    return sample ? measure.value(sample) : null;
  };
  const start = course?.buckets[0]?.start;
  const when =
    start && course ? `${dayAndClock(start, zone)} to ${dayAndClock(course.end, zone)} (${zone})` : "";
  const fields: Field<Step>[] = [
    {
      key: "start",
      head: "From",
      value: ({ at }) => course?.buckets[at]?.start ?? "",
      show: ({ at }) => course?.buckets[at]?.title ?? "",
    },
    ...measures.map(
      (measure): Field<Step> => ({
        key: `${measure.name}_${measure.unit.replaceAll(" ", "_")}`,
        head: measures.length > 1 ? measure.label : title,
        said: saidOf(measure, when),
        number: true,
        value: (step) => valueAt(measure, step),
        show: (step) => measure.show(valueAt(measure, step)),
      }),
    ),
  ];
  const none = course !== undefined && parts.lines.every(({ values }) => values.every((one) => one === null));
  const asked = course?.askedMs;
  const late = start !== undefined && asked !== undefined && Date.parse(start) - asked > lateMs;
  return (
    <ChartCard
      className={className}
      title={title}
      subtitle={`${first.unit}, ${late ? `since ${dayAndClock(start, zone)}` : range.words}`}
      about={measures.map((measure) => saidOf(measure, when))}
      name={`${first.name.replaceAll("_", "-")}-${range.code}`}
      fields={fields}
      rows={parts.steps}
      reversed
      height={height}
      loading={loading}
      legend={
        measures.length > 1
          ? measures.map(({ label, token }) => ({
              label,
              mark: <i className={chart.line} style={{ borderColor: `var(--vs-${token})` }} />,
              colour: `var(--vs-${token})`,
            }))
          : []
      }
      empty={
        none && (
          <Empty>
            <p>Nothing was sampled {range.words}. Samples are taken while the server runs.</p>
          </Empty>
        )
      }
    >
      {course && (
        <Drawn height={height}>
          {({ LineChart }) => (
            <LineChart
              buckets={course.buckets}
              lines={parts.lines}
              marks={marks}
              {...(max === undefined ? {} : { max })}
              whole={first.unit === "count"}
              show={first.show}
              summary={summaryOf(title, measures, parts.lines, range)}
              height={height}
              time={{ starts: course.starts, end: course.end, ...zoom }}
            />
          )}
        </Drawn>
      )}
    </ChartCard>
  );
}

function partsOf(course: Course | undefined, measures: Measure[]): { lines: Line[]; steps: Step[] } {
  return {
    steps: (course?.samples ?? []).flatMap((sample, at) => (sample ? [{ at }] : [])),
    lines: measures.map((measure, place) => ({
      label: measure.label,
      colour: (palette) => palette[measure.token],
      values: (course?.samples ?? []).map((sample) => (sample ? measure.value(sample) : null)),
      area: place === 0 && measures.length === 1,
    })),
  };
}

function summaryOf(title: string, measures: Measure[], lines: Line[], range: RangeChoice): string {
  const said = measures.map(({ label, show }, at) => {
    const known = (lines[at]?.values ?? []).filter((value) => value !== null);
    return `${label} ${show(known.at(-1))} now, at most ${show(known.length > 0 ? Math.max(...known) : null)}`;
  });
  return `${title} ${range.words}: ${said.join("; ")}.`;
}

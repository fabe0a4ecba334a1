import { type FormEvent, useState } from "react";
import { useAlerts } from "../../api/alerts";
import { useRows } from "../../api/pages";
import {
  type Matcher,
  matcherFields,
  matcherOps,
  type Silence,
  useCreateSilence,
  useEndSilence,
  useSilences,
} from "../../api/silences";
import { dayAndClock, duration, fullTime, plural, secondsOf } from "../../format";
import { instantOf, localOf } from "../../state/range";
import { matcherWords, opWords, type SilenceStage, silences, stageOf } from "../../state/silence";
import { useView } from "../../state/view";
import { useZone } from "../../state/zone";
import { Card } from "../../ui/Card";
import { Field } from "../../ui/Field";
import form from "../../ui/form.module.css";
import { CloseIcon, PlusIcon } from "../../ui/icons";
import { NotRenewed } from "../../ui/NotRenewed";
import { LoadMore } from "../../ui/PagedList";
import { Refused } from "../../ui/Refused";
import { Empty, loadingOf } from "../../ui/states";
import list from "../list.module.css";
import { Remove } from "./RuleForm";
import styles from "./rules.module.css";

const stages: { stage: SilenceStage; title: string; subtitle: string; none: string }[] = [
  {
    stage: "active",
    title: "Active",
    subtitle: "What they match is recorded, but nobody is told",
    none: "Nothing is silenced: every alert is told to whom the routing says.",
  },
  {
    stage: "pending",
    title: "Pending",
    subtitle: "They begin later",
    none: "None is planned. A silence may begin later, such as for a planned change.",
  },
  {
    stage: "expired",
    title: "Expired",
    subtitle: "Kept, so that it stays known why nobody was told",
    none: "None has ended yet.",
  },
];

/** Who is to be left in peace about what, until when and why. */
export function Silences() {
  const { view, keep } = useView();
  const query = useSilences();
  const now = Date.now();
  const all = useRows(query);
  const creating = view.edit !== undefined;
  return (
    <div className={list.stack}>
      {!creating && (
        <div className={list.bar}>
          <p className="quiet">
            A silence keeps matching alerts from being told. They fire, are listed and recorded all the same.
          </p>
          <span className={list.end}>
            <button
              type="button"
              className={form.primary}
              data-shortcut="n"
              title="New silence (n)"
              onClick={() => keep({ edit: "+" })}
            >
              <PlusIcon size={14} /> New silence
            </button>
          </span>
        </div>
      )}
      {creating && (
        <NewSilence
          rule={view.edit === "+" ? "" : (view.edit ?? "")}
          onDone={() => keep({ edit: undefined })}
        />
      )}
      <NotRenewed query={query} what="The silences" />
      {stages.map(({ stage, title, subtitle, none }) => {
        const rows = all.filter((silence) => stageOf(silence, now) === stage);
        return (
          <Card key={stage} title={title} subtitle={subtitle} loading={loadingOf(query)} minHeight={40}>
            {rows.length === 0 ? (
              <Empty>
                <p>{none}</p>
              </Empty>
            ) : (
              <SilenceTable label={title} stage={stage} rows={rows} />
            )}
          </Card>
        );
      })}
      <LoadMore query={query} />
    </div>
  );
}

const timeHeads: Record<SilenceStage, string> = { active: "Until", pending: "From", expired: "Ended" };

function SilenceTable({ label, stage, rows }: { label: string; stage: SilenceStage; rows: Silence[] }) {
  const zone = useZone();
  return (
    <table className={list.table}>
      <caption className="visually-hidden">{label}</caption>
      <thead>
        <tr>
          <th scope="col">Matches</th>
          <th scope="col">{timeHeads[stage]}</th>
          <th scope="col">By</th>
          {stage !== "expired" && (
            <>
              <th scope="col" data-number>
                Open alerts
              </th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </>
          )}
        </tr>
      </thead>
      <tbody>
        {rows.map((silence) => {
          const at = stage === "pending" ? silence.starts_at : silence.ends_at;
          return (
            <tr key={silence.id}>
              <td data-whole>
                {silence.matchers.map(matcherWords).join(", ")}
                <span className={list.under}>{silence.comment}</span>
              </td>
              <td data-tight>
                <span className={list.narrowOnly}>{timeHeads[stage]} </span>
                <time dateTime={at} title={fullTime(at, zone)}>
                  {dayAndClock(at, zone)}
                </time>
              </td>
              <td data-tight title={fullTime(silence.created_at, zone)}>
                {silence.author}
                {silence.ended_by && <span className={list.under}>ended by {silence.ended_by}</span>}
              </td>
              {stage !== "expired" && (
                <>
                  <td data-number>
                    {silence.matches}
                    <span className={list.narrowOnly}> open</span>
                  </td>
                  <td data-tight>
                    <End silence={silence} />
                  </td>
                </>
              )}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function End({ silence }: { silence: Silence }) {
  const end = useEndSilence();
  return (
    <>
      <Remove word="End" pending={end.isPending} onRemove={() => end.mutate(silence.id)} />
      <Refused error={end.error} />
    </>
  );
}

/** `rule`: the one that a message asked to be silenced; empty for none. */
function NewSilence({ rule, onDone }: { rule: string; onDone: () => void }) {
  const zone = useZone();
  const [matchers, setMatchers] = useState<Matcher[]>([{ field: "rule", op: "is", value: rule }]);
  const [starts, setStarts] = useState("");
  const [length, setLength] = useState("2 h");
  const [comment, setComment] = useState("");
  const [tried, setTried] = useState(false);
  const create = useCreateSilence();
  const open = useAlerts("open", {});
  const alerts = open.data?.pages.flatMap(({ items }) => items) ?? [];
  const known = [...new Set(alerts.map(({ rule }) => rule))];
  const seconds = secondsOf(length);
  const begins = starts === "" ? Date.now() : instantOf(starts, zone);
  const lengthProblem = seconds === null || seconds === 0 ? "A time, such as 30 min or 2 h." : undefined;
  const filled = matchers.filter(({ value }) => value.trim() !== "");
  const matching = alerts.filter((alert) => silences(filled, alert)).length;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (seconds === null || seconds === 0 || begins === null || filled.length === 0 || comment.trim() === "")
      return;
    create.mutate(
      {
        matchers: filled.map((one) => ({ ...one, value: one.value.trim() })),
        starts_at: new Date(begins).toISOString(),
        ends_at: new Date(begins + seconds * 1000).toISOString(),
        comment: comment.trim(),
      },
      { onSuccess: onDone },
    );
  };
  const change = (at: number, part: Partial<Matcher>) =>
    setMatchers(matchers.map((one, index) => (index === at ? { ...one, ...part } : one)));
  return (
    <Card title="New silence" subtitle="Every line must hold">
      <form className={styles.form} onSubmit={submit} noValidate>
        <fieldset className={styles.filters}>
          <legend>Alerts whose</legend>
          {matchers.map((matcher, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is what stands at its place
            <div key={at} className={styles.line}>
              <select
                className={form.input}
                aria-label={`Line ${at + 1}, field`}
                value={matcher.field}
                onChange={(event) => change(at, { field: event.currentTarget.value as Matcher["field"] })}
              >
                {matcherFields.map((field) => (
                  <option key={field}>{field}</option>
                ))}
              </select>
              <select
                className={form.input}
                aria-label={`Line ${at + 1}, how`}
                value={matcher.op}
                onChange={(event) => change(at, { op: event.currentTarget.value as Matcher["op"] })}
              >
                {matcherOps.map((op) => (
                  <option key={op} value={op}>
                    {opWords[op]}
                  </option>
                ))}
              </select>
              <input
                className={form.input}
                aria-label={`Line ${at + 1}, value`}
                placeholder={matcher.field === "severity" ? "warning" : "error_rate"}
                list="open-rules"
                value={matcher.value}
                onChange={(event) => change(at, { value: event.currentTarget.value })}
              />
              {matchers.length > 1 && (
                <button
                  type="button"
                  className={form.button}
                  aria-label={`Remove line ${at + 1}`}
                  onClick={() => setMatchers(matchers.filter((_, index) => index !== at))}
                >
                  <CloseIcon size={14} />
                </button>
              )}
            </div>
          ))}
          <datalist id="open-rules">
            {known.map((rule) => (
              <option key={rule} value={rule} />
            ))}
          </datalist>
          <div className={styles.buttons}>
            <button
              type="button"
              className={form.button}
              onClick={() => setMatchers([...matchers, { field: "severity", op: "is", value: "" }])}
            >
              <PlusIcon size={14} /> Line
            </button>
            <output className="quiet">
              {filled.length === 0
                ? "Say what it is about; a silence of everything is not accepted."
                : `${plural(matching, "open alert")} of ${alerts.length} ${matching === 1 ? "matches" : "match"} now.`}
            </output>
          </div>
          {tried && filled.length === 0 && <p className={form.problem}>At least one line with a value.</p>}
        </fieldset>
        <div className={styles.fields}>
          <Field
            label="Begins"
            help={`Empty: now. ${zone}.`}
            kind="time"
            min={localOf(Date.now(), zone)}
            value={starts}
            onChange={setStarts}
          />
          <Field
            label="Lasts"
            help={
              seconds && begins !== null
                ? `${duration(seconds)}, until ${dayAndClock(begins + seconds * 1000, zone)} ${zone}`
                : "Such as 30 min, 2 h or 3 d"
            }
            problem={tried ? lengthProblem : undefined}
            value={length}
            onChange={setLength}
          />
          <Field
            label="Why"
            wide
            help="Everybody who wonders why nothing was sent reads this."
            problem={tried && comment.trim() === "" ? "Say why." : undefined}
            maxLength={500}
            value={comment}
            onChange={setComment}
          />
        </div>
        <Refused what="The silence was not stored." error={create.error} />
        <div className={styles.buttons}>
          <button type="submit" className={form.primary} disabled={create.isPending}>
            Silence
          </button>
          <button type="button" className={form.button} onClick={onDone}>
            Cancel
          </button>
        </div>
      </form>
    </Card>
  );
}

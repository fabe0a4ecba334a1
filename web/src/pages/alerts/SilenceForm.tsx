import { type FormEvent, useState } from "react";
import { useAlerts } from "../../api/alerts";
import { useRows } from "../../api/pages";
import { type Matcher, matcherFields, matcherOps, useCreateSilence } from "../../api/silences";
import { dayAndClock, duration, plural, secondsOf } from "../../format";
import { instantOf, localOf } from "../../state/range";
import { opWords, silences } from "../../state/silence";
import { useZone } from "../../state/zone";
import { Card } from "../../ui/Card";
import { Field } from "../../ui/Field";
import form from "../../ui/form.module.css";
import { CloseIcon, PlusIcon } from "../../ui/icons";
import { Refused } from "../../ui/Refused";
import styles from "./rules.module.css";

/** `rule`: the one that a message asked to be silenced; empty for none. */
export function SilenceForm({ rule, onDone }: { rule: string; onDone: () => void }) {
  const zone = useZone();
  const [matchers, setMatchers] = useState<Matcher[]>([{ field: "rule", op: "is", value: rule }]);
  const [starts, setStarts] = useState("");
  const [length, setLength] = useState("2 h");
  const [comment, setComment] = useState("");
  const [tried, setTried] = useState(false);
  const create = useCreateSilence();
  const open = useAlerts("open", {});
  const alerts = useRows(open);
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

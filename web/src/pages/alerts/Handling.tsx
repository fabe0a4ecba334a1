import { Popover } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { type Alert, useAcknowledgeAlert } from "../../api/alerts";
import { useCreateSilence } from "../../api/silences";
import { matchersFor, matcherWords } from "../../state/silence";
import { Field } from "../../ui/Field";
import form from "../../ui/form.module.css";
import frame from "../../ui/frame.module.css";
import styles from "./handling.module.css";

interface AskProps {
  /** What the button does, and what it is called. */
  action: string;
  alert: Alert;
  opened: boolean;
  setOpened: (opened: boolean) => void;
  onSubmit: () => void;
  pending: boolean;
  problem: string | undefined;
  children: ReactNode;
}

/** A button in the row of an alert, and the few questions it asks before it acts. */
function Ask({ action, alert, opened, setOpened, onSubmit, pending, problem, children }: AskProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <Popover
      opened={opened}
      onChange={setOpened}
      position="bottom-end"
      width={300}
      trapFocus
      returnFocus
      shadow="md"
    >
      <Popover.Target>
        <button
          type="button"
          className={form.button}
          onClick={() => setOpened(!opened)}
          aria-label={`${action}: ${alert.title}`}
        >
          {action}
        </button>
      </Popover.Target>
      <Popover.Dropdown className={frame.menu ?? ""}>
        <form className={styles.form} onSubmit={submit}>
          {children}
          {problem && (
            <p className={form.problem} role="alert">
              {problem}
            </p>
          )}
          <p className={styles.buttons}>
            <button type="submit" className={form.primary} disabled={pending}>
              {action}
            </button>
            <button type="button" className={form.button} onClick={() => setOpened(false)}>
              Cancel
            </button>
          </p>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}

/** Says "I have it", with a note; it stops the escalation. */
export function Acknowledge({ alert }: { alert: Alert & { id: string } }) {
  const [opened, setOpened] = useState(false);
  const [note, setNote] = useState("");
  const acknowledge = useAcknowledgeAlert();
  const submit = () => {
    acknowledge.mutate({ id: alert.id, note: note.trim() }, { onSuccess: () => setOpened(false) });
  };
  return (
    <Ask
      action="Acknowledge"
      alert={alert}
      opened={opened}
      setOpened={setOpened}
      onSubmit={submit}
      pending={acknowledge.isPending}
      problem={acknowledge.error ? `It was not acknowledged. ${acknowledge.error.message}` : undefined}
    >
      <Field
        label="Note (may stay empty)"
        help="Escalation stops; reminders stop until it ends."
        first
        maxLength={500}
        value={note}
        onChange={setNote}
      />
    </Ask>
  );
}

/** In seconds. */
const lengths = [
  ["3600", "1 hour"],
  ["14400", "4 hours"],
  ["86400", "1 day"],
  ["604800", "1 week"],
] as const;

/** Keeps this rule (and subject) quiet for a while. */
export function SilenceThis({ alert }: { alert: Alert }) {
  const [opened, setOpened] = useState(false);
  const [comment, setComment] = useState("");
  const [seconds, setSeconds] = useState<string>("3600");
  const create = useCreateSilence();
  const matchers = matchersFor(alert);
  const submit = () => {
    const now = Date.now();
    create.mutate(
      {
        matchers,
        starts_at: new Date(now).toISOString(),
        ends_at: new Date(now + Number(seconds) * 1000).toISOString(),
        comment: comment.trim(),
      },
      { onSuccess: () => setOpened(false) },
    );
  };
  return (
    <Ask
      action="Silence"
      alert={alert}
      opened={opened}
      setOpened={setOpened}
      onSubmit={submit}
      pending={create.isPending}
      problem={create.error ? `It was not silenced. ${create.error.message}` : undefined}
    >
      <p className="quiet">Nothing is sent while {matchers.map(matcherWords).join(" and ")}.</p>
      <Field label="For" kind="choice" choices={lengths} value={seconds} onChange={setSeconds} />
      <Field
        label="Why"
        first
        required
        maxLength={500}
        placeholder="Known, being repaired"
        value={comment}
        onChange={setComment}
      />
    </Ask>
  );
}

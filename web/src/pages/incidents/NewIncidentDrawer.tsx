import { type FormEvent, useState } from "react";
import type { Severity } from "../../api/alerts";
import { type Incident, useOpenIncident } from "../../api/incidents";
import drawer from "../../ui/drawer.module.css";
import { Field } from "../../ui/Field";
import form from "../../ui/form.module.css";
import { Refused } from "../../ui/Refused";
import { severityChoices } from "../../ui/Severity";
import { SideDrawer } from "../../ui/SideDrawer";

interface Props {
  opened: boolean;
  onClose: () => void;
  onOpened: (incident: Incident) => void;
}

/** Opens an incident that no alert saw. */
export function NewIncidentDrawer({ opened, onClose, onOpened }: Props) {
  return (
    <SideDrawer title="Open an incident" what="form" opened={opened} onClose={onClose}>
      <NewIncident onClose={onClose} onOpened={onOpened} />
    </SideDrawer>
  );
}

function NewIncident({ onClose, onOpened }: Omit<Props, "opened">) {
  const [title, setTitle] = useState("");
  const [severity, setSeverity] = useState<Severity>("warning");
  const [summary, setSummary] = useState("");
  const [tried, setTried] = useState(false);
  const open = useOpenIncident();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (title.trim() === "") return;
    open.mutate({ title: title.trim(), severity, summary: summary.trim() }, { onSuccess: onOpened });
  };
  return (
    <form className={drawer.details} onSubmit={submit} noValidate>
      <Field
        label="Title"
        help="What is wrong, as somebody would say it."
        problem={tried && title.trim() === "" ? "Give it a title." : undefined}
        first
        maxLength={200}
        value={title}
        onChange={setTitle}
      />
      <Field
        label="Severity"
        kind="choice"
        choices={severityChoices}
        value={severity}
        onChange={setSeverity}
      />
      <Field
        label="Summary (may stay empty)"
        kind="prose"
        maxLength={2000}
        value={summary}
        onChange={setSummary}
      />
      <Refused what="It was not opened." error={open.error} />
      <div className={drawer.buttons}>
        <button type="submit" className={form.primary} disabled={open.isPending}>
          Open it
        </button>
        <button type="button" className={form.button} onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}

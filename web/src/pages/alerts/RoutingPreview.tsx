import { type FormEvent, useState } from "react";
import { usePreviewRouting } from "../../api/routing";
import { useRules } from "../../api/rules";
import { Card } from "../../ui/Card";
import { Field } from "../../ui/Field";
import form from "../../ui/form.module.css";
import { Refused } from "../../ui/Refused";
import { severityChoices } from "../../ui/Severity";
import routing from "./routing.module.css";
import styles from "./rules.module.css";

/** Who would hear about an alert, asked of the stored routing. */
export function RoutingPreview({ dirty }: { dirty: boolean }) {
  const rules = useRules();
  const preview = usePreviewRouting();
  const all = rules.data?.rules ?? [];
  const [name, setName] = useState("");
  const [severity, setSeverity] = useState("");
  const rule = all.find((one) => one.name === name) ?? all[0];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (rule) {
      preview.mutate({ rule: rule.name, group: rule.group, severity: severity || rule.severity });
    }
  };
  return (
    <Card
      title="Who would hear about it"
      subtitle={dirty ? "By the routing as it is stored" : "An alert of this rule, now"}
    >
      <form className={styles.form} onSubmit={submit}>
        <Field
          label="Rule"
          kind="choice"
          choices={all.map((one) => [one.name, one.title || one.name])}
          value={rule?.name ?? ""}
          onChange={setName}
        />
        <Field
          label="Severity"
          kind="choice"
          choices={[
            ["", rule ? `as the rule says: ${rule.severity}` : "as the rule says"],
            ...severityChoices,
          ]}
          value={severity}
          onChange={setSeverity}
        />
        <p>
          <button type="submit" className={form.button} disabled={!rule || preview.isPending}>
            Ask
          </button>
        </p>
        <Refused error={preview.error} />
        {preview.data && (
          <div role="status" className={routing.answer}>
            <strong>{preview.data.channels.length > 0 ? preview.data.channels.join(", ") : "Nobody"}</strong>
            <p className="quiet">{preview.data.reason}</p>
          </div>
        )}
      </form>
    </Card>
  );
}

import { Link } from "@tanstack/react-router";
import { type Rule, useRules, useStoreRule } from "../../api/rules";
import { conditionWords, textOf } from "../../state/rule";
import { shared, useView } from "../../state/view";
import { Badge } from "../../ui/Badge";
import { Card } from "../../ui/Card";
import form from "../../ui/form.module.css";
import { AlertIcon, PlusIcon } from "../../ui/icons";
import { NotRenewed } from "../../ui/NotRenewed";
import { Refused } from "../../ui/Refused";
import { SeverityBadge } from "../../ui/Severity";
import { StateBadge } from "../../ui/StateBadge";
import { Empty, Failed, loadingOf, Skeleton } from "../../ui/states";
import { Told } from "../../ui/Told";
import list from "../list.module.css";
import { Measured } from "./Measured";
import { RuleForm } from "./RuleForm";
import rules from "./rules.module.css";

const origins: Record<Rule["origin"], [string, string]> = {
  default: ["default", "It came with Verascope. It can be changed and switched off, not removed."],
  user: ["own", "It was made here."],
  file: ["from the file", "It stands in the configuration file, which wins at every start."],
};

/** What is looked for, by group, with where each rule stands. The address says which one is open. */
export function Rules() {
  const { view, keep } = useView();
  const query = useRules();
  const all = query.data?.rules ?? [];
  const loading = loadingOf(query);
  if (loading.pending) return <Skeleton height={480} />;
  if (loading.error) return <Failed what="The rules" error={loading.error} retry={loading.retry} />;
  const close = () => keep({ edit: undefined });
  if (view.edit === "+") return <RuleForm key="+" rule={null} rules={all} onDone={close} />;
  if (view.edit !== undefined) {
    const rule = all.find(({ name }) => name === view.edit);
    if (rule) return <RuleForm key={rule.name} rule={rule} rules={all} onDone={close} />;
    return (
      <Empty>
        <p>There is no rule {view.edit}. It may have been removed.</p>
        <button type="button" className={form.button} onClick={close}>
          All rules
        </button>
      </Empty>
    );
  }
  const groups = [...new Set(all.map(({ group }) => group))];
  return (
    <div className={list.stack}>
      <div className={list.bar}>
        <p className="quiet">
          Each rule names a metric, so it watches exactly what the dashboard shows. A switched-off rule keeps
          its text.
        </p>
        <span className={list.end}>
          <button
            type="button"
            className={form.primary}
            data-shortcut="n"
            title="New rule (n)"
            onClick={() => keep({ edit: "+" })}
          >
            <PlusIcon size={14} /> New rule
          </button>
        </span>
      </div>
      <NotRenewed query={query} what="The rules" />
      {all.length === 0 && (
        <Empty>
          <p>
            There are no rules yet, so nothing is looked for. Make one: which number, and when is it too much?
          </p>
        </Empty>
      )}
      {groups.map((group) => (
        <Card key={group} title={group.charAt(0).toUpperCase() + group.slice(1) || "Without a group"}>
          <ul className={rules.rules}>
            {all
              .filter((rule) => rule.group === group)
              .map((rule) => (
                <RuleRow key={rule.name} rule={rule} />
              ))}
          </ul>
        </Card>
      ))}
    </div>
  );
}

function RuleRow({ rule }: { rule: Rule }) {
  const store = useStoreRule();
  const [origin, meaning] = origins[rule.origin] ?? [rule.origin, ""];
  const { state } = rule;
  return (
    <li className={rules.rule} data-off={!rule.enabled || undefined}>
      <label className={rules.switch} title={rule.enabled ? "Switch off" : "Switch on"}>
        <input
          type="checkbox"
          role="switch"
          checked={rule.enabled}
          aria-checked={rule.enabled}
          disabled={store.isPending}
          onChange={() => store.mutate({ ...textOf(rule), enabled: !rule.enabled })}
          aria-label={`${rule.title || rule.name} is on`}
        />
      </label>
      <div className={rules.what}>
        <Link
          to="/alerts"
          search={(old) => ({ ...shared(old), tab: "rules", edit: rule.name })}
          className={rules.name ?? ""}
        >
          {rule.title || rule.name}
        </Link>
        <p>
          <code>{rule.metric}</code> {conditionWords(rule, rule.unit)}
          {Object.entries(rule.filters).map(([name, values]) => ` · ${name} ${values.join(" or ")}`)}
        </p>
        <p className="quiet">
          <code>{rule.name}</code> · <span title={meaning}>{origin}</span>
          {rule.is_edited && " · changed here"}
          {rule.fixed_by && ` · limit fixed by ${rule.fixed_by}`}
        </p>
        {rule.problem && (
          <p className={rules.problem}>
            <AlertIcon size={14} /> It can't be evaluated. {rule.problem}
          </p>
        )}
        <Refused what="It was not changed." error={store.error} />
      </div>
      <div className={rules.now}>
        {state === null || !rule.enabled ? (
          <Badge tone="quiet">{rule.enabled ? "Not evaluated yet" : "Off"}</Badge>
        ) : (
          <StateBadge state={state.phase} />
        )}
        {state && rule.enabled && (
          <Measured
            metric={rule.metric}
            value={state.value}
            limit={state.limit}
            unit={rule.unit}
            reason={state.reason}
          />
        )}
        {state?.reason && rule.enabled && state.value === null && (
          <Told title="Why there is no value" facts={[["Reason", state.reason]]}>
            <span className="quiet">why?</span>
          </Told>
        )}
      </div>
      <SeverityBadge severity={rule.severity} />
    </li>
  );
}

import {
  type Channel,
  type Delivery,
  useChannelKinds,
  useChannels,
  useDeleteChannel,
  useEnableChannel,
  useTestChannel,
} from "../../api/channels";
import { deliveryStates, isSecret, kindWords } from "../../state/channel";
import { useView } from "../../state/view";
import { Badge } from "../../ui/Badge";
import { Card } from "../../ui/Card";
import form from "../../ui/form.module.css";
import { PlusIcon } from "../../ui/icons";
import { NotRenewed } from "../../ui/NotRenewed";
import { Refused } from "../../ui/Refused";
import { Remove } from "../../ui/Remove";
import { Moment } from "../../ui/Since";
import { Empty, Failed, loadingOf, Skeleton } from "../../ui/states";
import list from "../list.module.css";
import { ChannelForm } from "./ChannelForm";
import styles from "./channels.module.css";
import { Deliveries } from "./Deliveries";

/** Where messages go, whether they arrive, and what the receiver answered. */
export function Channels() {
  const { view, keep } = useView();
  const query = useChannels();
  const kinds = useChannelKinds();
  const loading = loadingOf(query);
  const channels = query.data?.items ?? [];
  if (loading.pending) return <Skeleton height={360} />;
  if (loading.error) return <Failed what="The channels" error={loading.error} retry={loading.retry} />;
  const edited = channels.find(({ name }) => name === view.edit) ?? null;
  if (view.edit === "+" || edited) {
    if (kinds.error)
      return <Failed what="The kinds of channels" error={kinds.error} retry={() => void kinds.refetch()} />;
    if (!kinds.data) return <Skeleton height={360} />;
    return (
      <ChannelForm
        key={view.edit}
        channel={edited}
        channels={channels}
        kinds={kinds.data.kinds}
        onDone={() => keep({ edit: undefined })}
      />
    );
  }
  return (
    <div className={list.stack}>
      <div className={list.bar}>
        <p className="quiet">
          A message waits until it is accepted, for up to a day. A channel that is refused for good is
          switched off and says so here.
        </p>
        <span className={list.end}>
          <button
            type="button"
            className={form.primary}
            data-shortcut="n"
            title="New channel (n)"
            onClick={() => keep({ edit: "+" })}
          >
            <PlusIcon size={14} /> New channel
          </button>
        </span>
      </div>
      <NotRenewed query={query} what="The channels" />
      {channels.length === 0 ? (
        <Card title="No channel yet">
          <Empty>
            <p>
              Alerts are shown here, but nobody is told. Add e-mail, Slack, Teams, PagerDuty, a webhook or
              SNS, and send a test.
            </p>
            <button type="button" className={form.primary} onClick={() => keep({ edit: "+" })}>
              Add the first channel
            </button>
          </Empty>
        </Card>
      ) : (
        <ul className={styles.cards}>
          {channels.map((channel) => (
            <li key={channel.name}>
              <ChannelCard channel={channel} onEdit={() => keep({ edit: channel.name })} />
            </li>
          ))}
        </ul>
      )}
      <Deliveries channels={channels} />
    </div>
  );
}

function ChannelCard({ channel, onEdit }: { channel: Channel; onEdit: () => void }) {
  const test = useTestChannel();
  const enable = useEnableChannel();
  const remove = useDeleteChannel();
  const { name, kind, enabled, disabled_reason, fallback, fixed_by, paused_until, last_delivery } = channel;
  const problem = enable.error ?? remove.error ?? test.error;
  return (
    <Card
      title={name}
      subtitle={kindWords[kind] ?? kind}
      actions={<Badge tone={enabled ? "ok" : "critical"}>{enabled ? "On" : "Off"}</Badge>}
    >
      <div className={styles.channel}>
        {disabled_reason && <p className={styles.off}>Switched off: {disabled_reason}</p>}
        {paused_until && (
          <p className="quiet">
            Its receiver is down; the next attempt is at <Moment at={paused_until} />.
          </p>
        )}
        <dl className={styles.facts}>
          {Object.entries(channel.settings).map(([field, value]) =>
            value === null || value === "" ? null : (
              <div key={field}>
                <dt>{field.replaceAll("_", " ")}</dt>
                <dd>
                  {isSecret(value)
                    ? value.is_set
                      ? `set${value.from ? `, from the ${value.from}` : ""}`
                      : "not set"
                    : Array.isArray(value)
                      ? value.join(", ")
                      : typeof value === "boolean"
                        ? value
                          ? "yes"
                          : "no"
                        : String(value)}
                </dd>
              </div>
            ),
          )}
          {fallback && (
            <div>
              <dt>if it fails</dt>
              <dd>{fallback}</dd>
            </div>
          )}
          <div>
            <dt>last message</dt>
            <dd>{last_delivery ? <Outcome delivery={last_delivery} /> : "none yet"}</dd>
          </div>
        </dl>
        {fixed_by && <p className="quiet">Fixed by {fixed_by}, which wins at every start.</p>}
        {test.data && (
          <div className={styles.answer} role="status">
            Test: <Outcome delivery={test.data} />
          </div>
        )}
        <Refused error={problem} />
        <p className={styles.buttons}>
          <button
            type="button"
            className={form.button}
            disabled={test.isPending}
            onClick={() => test.mutate(name)}
          >
            {test.isPending ? "Sending" : "Send a test"}
          </button>
          {!enabled && (
            <button
              type="button"
              className={form.primary}
              disabled={enable.isPending}
              onClick={() => enable.mutate(name)}
            >
              Switch on again
            </button>
          )}
          <button type="button" className={form.button} onClick={onEdit} aria-label={`Change ${name}`}>
            Change
          </button>
          {!fixed_by && <Remove pending={remove.isPending} onRemove={() => remove.mutate(name)} />}
        </p>
      </div>
    </Card>
  );
}

function Outcome({ delivery }: { delivery: Delivery }) {
  const { label, tone } = deliveryStates[delivery.state] ?? { label: delivery.state, tone: "quiet" as const };
  return (
    <span className={styles.outcome}>
      <Badge tone={tone}>{label}</Badge> <Moment at={delivery.delivered_at ?? delivery.created_at} />
      {(delivery.error ?? delivery.answer) && (
        <span className={list.under}>{delivery.error ?? delivery.answer}</span>
      )}
    </span>
  );
}

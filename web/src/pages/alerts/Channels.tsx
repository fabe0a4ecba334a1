import {
  type Channel,
  type Delivery,
  useChannelKinds,
  useChannels,
  useDeleteChannel,
  useDeliveries,
  useEnableChannel,
  useTestChannel,
} from "../../api/channels";
import { useRows } from "../../api/pages";
import { integer } from "../../format";
import { deliveryStates, isSecret, kindWords, momentWords } from "../../state/channel";
import { useView } from "../../state/view";
import { Badge } from "../../ui/Badge";
import { Card } from "../../ui/Card";
import form from "../../ui/form.module.css";
import { PlusIcon } from "../../ui/icons";
import { NotRenewed } from "../../ui/NotRenewed";
import { LoadMore } from "../../ui/PagedList";
import { Refused } from "../../ui/Refused";
import { Moment } from "../../ui/Since";
import { Empty, Failed, loadingOf, Skeleton } from "../../ui/states";
import list from "../list.module.css";
import { ChannelForm } from "./ChannelForm";
import styles from "./channels.module.css";
import { Remove } from "./RuleForm";

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

function Deliveries({ channels }: { channels: Channel[] }) {
  const { view, keep } = useView();
  const query = useDeliveries({ channel: view.q, state: view.state });
  const rows = useRows(query);
  return (
    <Card
      title="Messages"
      subtitle="The newest first, with what the receiver answered"
      loading={loadingOf(query)}
      minHeight={60}
      actions={
        <>
          <select
            className={form.select}
            aria-label="Channel"
            value={view.q ?? ""}
            onChange={(event) => keep({ q: event.currentTarget.value || undefined })}
          >
            <option value="">Every channel</option>
            {channels.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
          <select
            className={form.select}
            aria-label="State of the message"
            value={view.state ?? ""}
            onChange={(event) => keep({ state: event.currentTarget.value || undefined })}
          >
            <option value="">Any state</option>
            {Object.entries(deliveryStates).map(([state, { label }]) => (
              <option key={state} value={state}>
                {label}
              </option>
            ))}
          </select>
        </>
      }
    >
      {rows.length === 0 ? (
        <Empty>
          <p>
            {view.q || view.state
              ? "No message fits. Choose another channel or state."
              : "Nothing has been sent yet. A test is a message too."}
          </p>
        </Empty>
      ) : (
        <table className={list.table}>
          <caption className="visually-hidden">Messages, the newest first</caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">State</th>
              <th scope="col">Message</th>
              <th scope="col" data-least="700">
                Channel
              </th>
              <th scope="col" data-number data-least="700">
                Attempts
              </th>
              <th scope="col" data-least="900">
                Answer
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.id}>
                <td data-tight>
                  <Moment at={row.created_at} />
                </td>
                <td data-tight>
                  <Badge tone={deliveryStates[row.state]?.tone ?? "quiet"}>
                    {deliveryStates[row.state]?.label ?? row.state}
                  </Badge>
                </td>
                <td data-whole>
                  {row.title}
                  <span className={list.under}>
                    {momentWords[row.moment] ?? row.moment}
                    {row.fallback_of && ", standing in for another channel"}
                    {row.next_attempt_at && row.state !== "delivered" && row.state !== "given_up" && (
                      <>
                        , next attempt <Moment at={row.next_attempt_at} />
                      </>
                    )}
                  </span>
                </td>
                <td data-least="700">{row.channel}</td>
                <td data-number data-least="700">
                  {integer(row.attempts)}
                </td>
                <td data-least="900">{row.error ?? row.answer ?? "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <LoadMore query={query} />
    </Card>
  );
}

import { type Channel, useDeliveries } from "../../api/channels";
import { useRows } from "../../api/pages";
import { integer } from "../../format";
import { deliveryStates, momentWords } from "../../state/channel";
import { useView } from "../../state/view";
import { Badge } from "../../ui/Badge";
import { Card } from "../../ui/Card";
import form from "../../ui/form.module.css";
import { LoadMore } from "../../ui/PagedList";
import { Moment } from "../../ui/Since";
import { Empty, loadingOf } from "../../ui/states";
import list from "../list.module.css";

/** Every message that was to be sent, and what became of it. */
export function Deliveries({ channels }: { channels: Channel[] }) {
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

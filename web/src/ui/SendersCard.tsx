import { type SenderInfo, useSenders } from "../api/system";
import { download } from "../csv";
import { fullTime, integer, recentTime, unknown } from "../format";
import { csvOf, type Field } from "../state/sheet";
import { useZone } from "../state/zone";
import { saidOf } from "./about";
import { Card, CardAction } from "./Card";
import { DownloadIcon } from "./icons";
import { Empty, loadingOf } from "./states";
import { columnsOf, FilterValue, Table } from "./Table";

const droppedSaid = saidOf(
  {
    title: "Dropped",
    definition:
      "Events that a sender says it gave up since it began, because they could not be delivered in time.",
    unit: "a count",
  },
  { range: "since the sender began", source: "the senders' own word (/api/v1/senders)" },
);
const ever = { range: "everything recorded", source: "requests that name their sender" };
const firstSeen = {
  title: "First seen",
  definition: "When the sender first named itself with a request.",
  unit: "a time",
};
const lastSeen = {
  title: "Last seen",
  definition: "When the sender last named itself with a request.",
  unit: "a time",
};

/** Services that send events of their own detectors, and what they say they dropped. */
export function SendersCard({ className }: { className?: string | undefined }) {
  const senders = useSenders();
  const zone = useZone();
  const rows = senders.data?.senders ?? [];
  const time = (text: string) => (
    <span title={fullTime(text, zone)}>{recentTime(text, Date.now(), zone)}</span>
  );
  const fields: Field<SenderInfo>[] = [
    { key: "sender", head: "Sender", value: ({ sender }) => sender },
    {
      key: "client",
      head: "Client",
      value: ({ client }) => client,
      show: ({ client }) => <FilterValue name="client" value={client} />,
    },
    {
      key: "user_agent",
      head: "User agent",
      value: (one) => one.user_agent,
      show: (one) => one.user_agent ?? unknown,
    },
    {
      key: "first_seen",
      head: "First seen",
      said: saidOf(firstSeen, ever),
      value: (one) => one.first_seen,
      show: (one) => time(one.first_seen),
    },
    {
      key: "last_seen",
      head: "Last seen",
      said: saidOf(lastSeen, ever),
      value: (one) => one.last_seen,
      show: (one) => time(one.last_seen),
    },
    {
      key: "dropped",
      head: "Dropped",
      said: droppedSaid,
      number: true,
      value: (one) => one.dropped,
      show: (one) => integer(one.dropped),
    },
  ];
  return (
    <Card
      className={className}
      title="Senders"
      subtitle="Services that send predictions of their own detectors"
      about={[droppedSaid]}
      minHeight={70}
      loading={loadingOf(senders)}
      actions={
        rows.length > 0 && (
          <CardAction
            label="Download as CSV"
            icon={<DownloadIcon />}
            onClick={() => download("verascope-senders.csv", csvOf(fields, rows))}
          />
        )
      }
    >
      {senders.data && rows.length === 0 ? (
        <Empty>
          <p>
            No sender has named itself. The Python client does; any other service may, with the header{" "}
            <code>Verascope-Sender</code> on <code>POST /api/v1/predictions</code>. Then it is listed here
            with what it dropped.
          </p>
        </Empty>
      ) : (
        <Table label="Senders" rows={rows} rowKey={({ sender }) => sender} columns={columnsOf(fields)} />
      )}
    </Card>
  );
}

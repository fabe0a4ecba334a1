import { useRows } from "../../api/pages";
import { type Silence, useEndSilence, useSilences } from "../../api/silences";
import { dayAndClock, fullTime } from "../../format";
import { matcherWords, type SilenceStage, stageOf } from "../../state/silence";
import { useView } from "../../state/view";
import { useZone } from "../../state/zone";
import { Card } from "../../ui/Card";
import form from "../../ui/form.module.css";
import { PlusIcon } from "../../ui/icons";
import { NotRenewed } from "../../ui/NotRenewed";
import { LoadMore } from "../../ui/PagedList";
import { Refused } from "../../ui/Refused";
import { Remove } from "../../ui/Remove";
import { Empty, loadingOf } from "../../ui/states";
import list from "../list.module.css";
import { SilenceForm } from "./SilenceForm";

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
        <SilenceForm
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

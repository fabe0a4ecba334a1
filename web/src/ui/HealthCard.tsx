import type { ReactNode } from "react";
import { useHealth, useModel } from "../api/queries";
import { bytes, integer, percent, span, unknown } from "../format";
import type { Said } from "../state/said";
import { Card } from "./Card";
import styles from "./health.module.css";
import { StateBadge } from "./StateBadge";
import { loadingOf } from "./states";
import { Told } from "./Told";

/** Whether the server can do its work, what is in its way, and which detectors it has. */
export function HealthCard({ className }: { className?: string | undefined }) {
  const health = useHealth();
  const model = useModel();
  const { data } = health;
  const reasons = data?.reasons ?? [];
  const shadows = model.data?.shadows ?? [];
  const about = (title: string, definition: string, unit: string): Said => ({
    title,
    definition,
    facts: [
      ["Unit", unit],
      ["Range", "now"],
      ["Source", "/health"],
    ],
  });
  return (
    <Card
      className={className}
      title="The server"
      subtitle="Asked every 30 seconds"
      minHeight={150}
      loading={loadingOf(health)}
    >
      {data && (
        <>
          <div className={styles.status}>
            <StateBadge state={data.status} />
            {reasons.length === 0 ? (
              <p>Nothing is in its way.</p>
            ) : (
              <ul>
                {reasons.map((reason) => (
                  <li key={reason}>{reason}</li>
                ))}
              </ul>
            )}
          </div>
          <dl className={styles.facts}>
            <Fact name="Version">{data.version}</Fact>
            <Fact name="Running for">
              <Told {...about("Running for", "Time since the server was started.", "time")}>
                {span(data.uptime_seconds * 1000)}
              </Told>
            </Fact>
            <Fact name="Queue">
              <Told
                {...about(
                  "Queue",
                  "Predictions that wait for their commit, and how many may. Above 80 % the server calls itself degraded.",
                  "count",
                )}
              >
                {integer(data.queue_depth)} of {integer(data.queue_limit)} (
                {percent((data.queue_depth / data.queue_limit) * 100, 0)})
              </Told>
            </Fact>
            <Fact name="Summaries behind">
              <Told
                {...about(
                  "Summaries behind",
                  "For how long commits have waited for the summaries that charts read.",
                  "time",
                )}
              >
                {span(data.fold_lag * 1000)}
              </Told>
            </Fact>
            <Fact name="Disk free">
              <Told {...about("Disk free", "Free room where the data is kept.", "bytes")}>
                {bytes(data.disk_free_bytes)}
              </Told>
            </Fact>
          </dl>
          <h3 className={styles.heading}>Detectors</h3>
          <ul className={styles.detectors}>
            <li>
              <StateBadge
                state={reasons.some((one) => one.startsWith("The detector")) ? "degraded" : "answering"}
              />
              <span className={styles.name}>
                {model.data?.name ?? unknown} {data.model_version ?? ""}
              </span>
              <span className="quiet">
                {model.data ? `${model.data.model_type}, on ${model.data.device}` : ""}
              </span>
            </li>
            {shadows.map((shadow) => (
              <li key={shadow}>
                <StateBadge
                  state={
                    reasons.some((one) => one.startsWith(`The shadow detector ${shadow}`))
                      ? "degraded"
                      : "shadow"
                  }
                />
                <span className={styles.name}>{shadow}</span>
                <span className="quiet">sees the same images without answering</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

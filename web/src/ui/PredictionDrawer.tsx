import { Drawer } from "@mantine/core";
import type { ReactNode } from "react";
import { usePrediction } from "../api/queries";
import type { Prediction } from "../api/types";
import { base } from "../base";
import { bytes, countryName, exact, fullTime, integer, milliseconds, money, unknown } from "../format";
import { useZone } from "../state/zone";
import { CopyAction, CopyText } from "./Copy";
import styles from "./drawer.module.css";
import form from "./form.module.css";
import { LabelBox } from "./LabelBox";
import { OutcomeBadge } from "./Outcome";
import { Failed, Skeleton } from "./states";
import { FilterValue } from "./Table";
import { useWalk } from "./useWalk";

interface Props {
  id: string | undefined;
  /** The list the prediction was opened from: ↑ and ↓ walk through it. */
  rows: Prediction[];
  onOpen: (id: string | undefined) => void;
}

export function PredictionDrawer({ id, rows, onOpen }: Props) {
  const onKeyDown = useWalk(
    rows.map((row) => row.id),
    id,
    onOpen,
  );
  return (
    <Drawer
      opened={id !== undefined}
      onClose={() => onOpen(undefined)}
      position="right"
      size={460}
      title="Prediction"
      overlayProps={{ backgroundOpacity: 0.15 }}
      closeButtonProps={{ "aria-label": "Close the prediction" }}
      onKeyDown={onKeyDown}
    >
      {id !== undefined && <Details id={id} known={rows.find((row) => row.id === id)} />}
    </Drawer>
  );
}

function Details({ id, known }: { id: string; known: Prediction | undefined }) {
  const { data, error, refetch } = usePrediction(id, known);
  const zone = useZone();
  if (!data) {
    return error ? (
      <Failed what="This prediction" error={error} retry={() => void refetch()} />
    ) : (
      <Skeleton height={320} />
    );
  }
  const size = data.image_width && data.image_height ? `${data.image_width} × ${data.image_height} px` : null;
  return (
    <div className={styles.details}>
      <p className={styles.verdict}>
        <OutcomeBadge outcome={data.outcome} />
        {data.confidence !== null && <span>{exact(data.confidence, "percent")} confident</span>}
      </p>
      {data.error_message && <p className={styles.error}>{data.error_message}</p>}
      <Facts title="Verdict">
        <Fact name="Id">
          <CopyText text={data.id} head={13} tail={8} />
        </Fact>
        <Fact name="Real">{exact(data.real_probability, "percent")}</Fact>
        <Fact name="Fake">{exact(data.fake_probability, "percent")}</Fact>
        <Fact name="Model">
          <FilterValue name="model" value={data.model_version} />
        </Fact>
        {data.error_pattern && (
          <Fact name="Error pattern">
            <FilterValue name="error_pattern" value={data.error_pattern} />
          </Fact>
        )}
      </Facts>
      <section>
        <h3 className={styles.heading}>Label</h3>
        <LabelBox key={id} prediction={data} />
      </section>
      <Facts title="Request">
        <Fact name="Happened">{fullTime(data.timestamp, zone)}</Fact>
        <Fact name="Received">{fullTime(data.received_at, zone)}</Fact>
        <Fact name="Client">
          <FilterValue name="client" value={data.client} />
        </Fact>
        <Fact name="Use case">
          <FilterValue name="use_case" value={data.use_case} />
        </Fact>
        <Fact name="Country">
          <FilterValue name="country" value={data.country} />
          {countryName(data.country) !== "Unknown" && (
            <span className={styles.quiet}> (where the address is allocated)</span>
          )}
        </Fact>
        <Fact name="Came through">{data.source}</Fact>
        <Fact name="User agent">{data.user_agent ?? unknown}</Fact>
      </Facts>
      <Facts title="Image">
        <Fact name="Format">{data.image_format ?? unknown}</Fact>
        <Fact name="Size">
          {[size, bytes(data.file_size)].filter((part) => part !== null).join(", ")}
          {data.file_size !== null && (
            <span className={styles.quiet}> ({integer(data.file_size)} bytes)</span>
          )}
        </Fact>
        <Fact name="File hash">{data.file_hash ? <CopyText text={data.file_hash} /> : unknown}</Fact>
        <Fact name="Perceptual hash">
          {data.perceptual_hash ? <CopyText text={data.perceptual_hash} /> : unknown}
        </Fact>
      </Facts>
      <Facts title="Time and money">
        <Fact name="Inference">{milliseconds(data.inference_time_ms)}</Fact>
        <Fact name="Whole request">{milliseconds(data.response_time_ms)}</Fact>
        <Fact name="Price">{money(data.price)}</Fact>
        <Fact name="Billable">{data.billable ? "yes" : "no"}</Fact>
      </Facts>
      <div className={styles.buttons}>
        <CopyAction className={form.button} text={() => curlOf(data.id)}>
          Copy as curl
        </CopyAction>
        <CopyAction className={form.button} text={() => window.location.href}>
          Copy the link
        </CopyAction>
      </div>
      <p className={styles.quiet}>The image itself was not kept.</p>
    </div>
  );
}

/** The request that gives this prediction as JSON, ready to paste into a shell. */
function curlOf(id: string): string {
  return `curl '${window.location.origin}${base}/api/v1/predictions/${encodeURIComponent(id).replaceAll("'", "%27")}'`;
}

function Facts({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <h3 className={styles.heading}>{title}</h3>
      <dl className={styles.facts}>{children}</dl>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={styles.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

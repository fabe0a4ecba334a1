import { useMemo } from "react";
import { type SystemSample, useSystem } from "../api/system";
import { bytes, fullTime, integer } from "../format";
import { courseOf } from "../state/course";
import { type Measure, measures } from "../state/measures";
import { useView } from "../state/view";
import { useZone } from "../state/zone";
import { CourseCard, saidOf } from "../ui/CourseCard";
import { HealthCard } from "../ui/HealthCard";
import { MaintenanceCard } from "../ui/MaintenanceCard";
import { ProbeDrawer } from "../ui/ProbeDrawer";
import { ProbesCard } from "../ui/ProbesCard";
import { SendersCard } from "../ui/SendersCard";
import { loadingOf, useAnswered } from "../ui/states";
import { Tile } from "../ui/Tile";
import styles from "./pages.module.css";

const m = measures;

const machine: { title: string; of: Measure[]; max?: number }[] = [
  { title: "Processor and memory", of: [m.cpu, m.memory], max: 100 },
  { title: "Network", of: [m.received, m.sent] },
  { title: "Disk traffic", of: [m.diskRead, m.diskWrite] },
  { title: "Disk room", of: [m.diskFree] },
];

const server: { title: string; of: Measure[]; max?: number }[] = [
  { title: "Requests", of: [m.requests] },
  { title: "Open connections", of: [m.connections] },
  { title: "Memory of the server", of: [m.ownMemory] },
  { title: "Processor of the server", of: [m.ownCpu] },
  { title: "Event-loop lag", of: [m.lag] },
  { title: "Queue of predictions", of: [m.queue] },
  { title: "Write-ahead log", of: [m.wal] },
  { title: "Threads", of: [m.threads] },
  { title: "Network errors", of: [m.networkErrors] },
];

const graphics = { title: "Graphics processors", of: [m.gpu, m.gpuMemory], max: 100 };

/** What the machine and the server use, and whether what is watched from here answers. */
export function System() {
  const wanted = useView().range;
  const zone = useZone();
  const found = useSystem(wanted);
  const range = useAnswered(wanted, found);
  const course = useMemo(() => (found.data ? courseOf(found.data, zone) : undefined), [found.data, zone]);
  const loading = loadingOf(found);
  const now = found.data?.system.now ?? null;
  const tile = (measure: Measure, label: string, note: (sample: SystemSample) => string) => {
    const value = now ? measure.value(now) : null;
    const when = now ? fullTime(now.timestamp, zone) : "now";
    return (
      <Tile
        key={measure.name}
        label={label}
        scope="now"
        shown={measure.show(value)}
        said={saidOf(measure, when, value === null ? "unknown" : String(Math.round(value * 1000) / 1000))}
        note={now ? note(now) : "The first sample comes within ten seconds."}
        course={(course?.samples ?? []).map((sample) => (sample ? measure.value(sample) : null))}
        loading={loading}
      />
    );
  };
  const card = { course, range, loading };
  const hasGraphics = course?.samples.some((sample) => sample?.gpu_usage != null) ?? false;
  return (
    <div className={styles.grid}>
      <h1 className={styles.title}>System</h1>
      {tile(m.cpu, "Processor", () => "of what may be used")}
      {tile(m.memory, "Memory", (sample) => `server ${bytes(sample.process_memory_bytes)}`)}
      {tile(m.disk, "Disk", (sample) => `${bytes(sample.disk_free_bytes)} free`)}
      {tile(m.lag, "Event-loop lag", (sample) => `queue ${integer(sample.queue_depth)}`)}
      <ProbesCard className={styles.wide} />
      <HealthCard className={styles.narrow} />
      <h2 className={styles.section}>This machine</h2>
      {[...machine, ...(hasGraphics ? [graphics] : [])].map(({ title, of, max }) => (
        <CourseCard
          key={title}
          className={styles.half}
          title={title}
          measures={of}
          {...(max === undefined ? {} : { max })}
          {...card}
        />
      ))}
      <h2 className={styles.section}>The server process</h2>
      {server.map(({ title, of }) => (
        <CourseCard key={title} className={styles.third} title={title} measures={of} {...card} />
      ))}
      <SendersCard className={styles.half} />
      <MaintenanceCard className={styles.half} />
      <ProbeDrawer />
    </div>
  );
}

import type { SystemSample } from "../api/system";
import { bytes, integer, milliseconds, percent } from "../format";
import type { Palette } from "../theme";

/** One number of a sample: what it means, its unit, and how it is written and drawn. */
export interface Measure {
  /** As the API and the metric dictionary call it. */
  name: string;
  label: string;
  definition: string;
  unit: string;
  token: keyof Palette;
  value: (sample: SystemSample) => number | null;
  show: (value: number | null | undefined) => string;
}

const perSecond = (name: keyof SystemSample) => (sample: SystemSample) => {
  const value = sample[name];
  return typeof value === "number" && sample.interval_seconds > 0 ? value / sample.interval_seconds : null;
};

const plain = (name: keyof SystemSample) => (sample: SystemSample) => {
  const value = sample[name];
  return typeof value === "number" ? value : null;
};

const bytesPerSecond = (value: number | null | undefined) =>
  value == null ? "–" : `${bytes(Math.round(value))}/s`;
const perSecondText = (value: number | null | undefined) =>
  value == null ? "–" : `${value < 10 ? value.toFixed(1) : integer(value)}/s`;
const whole = (value: number | null | undefined) => integer(value);
const size = (value: number | null | undefined) => bytes(value == null ? null : Math.round(value));
const share = (value: number | null | undefined) => percent(value);

function measure(
  name: keyof SystemSample,
  label: string,
  unit: "percent" | "ms" | "count" | "bytes" | "bytes per second" | "per second",
  token: keyof Palette,
  definition: string,
): Measure {
  const isRate = unit === "bytes per second" || unit === "per second";
  const shows = {
    percent: share,
    ms: milliseconds,
    count: whole,
    bytes: size,
    "bytes per second": bytesPerSecond,
    "per second": perSecondText,
  };
  return {
    name,
    label,
    definition,
    unit,
    token,
    value: (isRate ? perSecond : plain)(name),
    show: shows[unit],
  };
}

/** Every number that the machine's samples hold. */
export const measures = {
  cpu: measure(
    "cpu_usage",
    "Processor",
    "percent",
    "p95",
    "Busy share of the processors this machine, or container, may use.",
  ),
  memory: measure(
    "memory_usage",
    "Memory",
    "percent",
    "p50",
    "Used share of the memory this machine, or container, may use.",
  ),
  disk: measure("disk_usage", "Disk", "percent", "p99", "Used share of the file system that holds the data."),
  diskFree: measure(
    "disk_free_bytes",
    "Free",
    "bytes",
    "p50",
    "Free room on the file system that holds the data.",
  ),
  diskRead: measure("disk_read_bytes", "Read", "bytes per second", "p50", "Read from all disks, a second."),
  diskWrite: measure(
    "disk_write_bytes",
    "Written",
    "bytes per second",
    "p99",
    "Written to all disks, a second.",
  ),
  received: measure(
    "network_received_bytes",
    "Received",
    "bytes per second",
    "p50",
    "Received over all network interfaces, a second.",
  ),
  sent: measure(
    "network_sent_bytes",
    "Sent",
    "bytes per second",
    "p99",
    "Sent over all network interfaces, a second.",
  ),
  networkErrors: measure(
    "network_errors",
    "Network errors",
    "count",
    "p95",
    "Errors and dropped packets, both ways, in the step.",
  ),
  connections: measure(
    "active_connections",
    "Connections",
    "count",
    "p95",
    "Open TCP connections of the server, the most in the step.",
  ),
  requests: measure(
    "total_requests",
    "Requests",
    "per second",
    "p50",
    "HTTP requests answered, a second, whatever the answer.",
  ),
  ownCpu: measure(
    "process_cpu_usage",
    "Own processor",
    "percent",
    "p95",
    "Processor time of the server process; 100 % is one core.",
  ),
  ownMemory: measure(
    "process_memory_bytes",
    "Own memory",
    "bytes",
    "p50",
    "Resident memory (RSS) of the server process.",
  ),
  threads: measure("process_threads", "Threads", "count", "p99", "Threads of the server process."),
  lag: measure(
    "event_loop_lag_ms",
    "Event-loop lag",
    "ms",
    "p95",
    "The longest time in the step that a request had to wait because the server was busy with another.",
  ),
  queue: measure(
    "queue_depth",
    "Queue",
    "count",
    "p50",
    "Predictions waiting for their commit, the most in the step.",
  ),
  wal: measure(
    "wal_bytes",
    "Write-ahead log",
    "bytes",
    "p99",
    "Size of the database's write-ahead log, the most in the step. It shrinks when the database catches up.",
  ),
  gpu: measure(
    "gpu_usage",
    "Graphics processor",
    "percent",
    "p95",
    "Busy share, mean of all graphics processors.",
  ),
  gpuMemory: measure(
    "gpu_memory_usage",
    "Graphics memory",
    "percent",
    "p50",
    "Used share of the memory of all graphics processors.",
  ),
};

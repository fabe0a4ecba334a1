import type { ReactNode } from "react";

interface Props {
  size?: number;
}

/** One stroke icon on a 16 px grid. Icons never speak alone: a word stands beside or in the label. */
function Drawn({ size = 16, children }: Props & { children: ReactNode }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  );
}

export const OverviewIcon = (props: Props) => (
  <Drawn {...props}>
    <rect x="2" y="2" width="5" height="5" rx="1" />
    <rect x="9" y="2" width="5" height="5" rx="1" />
    <rect x="2" y="9" width="5" height="5" rx="1" />
    <rect x="9" y="9" width="5" height="5" rx="1" />
  </Drawn>
);
export const ListIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M2.5 4h11M2.5 8h11M2.5 12h11" />
  </Drawn>
);
export const ScanIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M2 5.5V3a1 1 0 0 1 1-1h2.5M10.5 2H13a1 1 0 0 1 1 1v2.5M14 10.5V13a1 1 0 0 1-1 1h-2.5M5.5 14H3a1 1 0 0 1-1-1v-2.5M4.5 8h7" />
  </Drawn>
);
export const MenuIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M2 4.5h12M2 8h12M2 11.5h12" />
  </Drawn>
);
export const SunIcon = (props: Props) => (
  <Drawn {...props}>
    <circle cx="8" cy="8" r="2.8" />
    <path d="M8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9" />
  </Drawn>
);
export const MoonIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M13.5 9.6A5.8 5.8 0 0 1 6.4 2.5a5.8 5.8 0 1 0 7.1 7.1Z" />
  </Drawn>
);
export const CloseIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="m4 4 8 8M12 4l-8 8" />
  </Drawn>
);
export const CheckIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="m3 8.5 3.2 3.2L13 4.8" />
  </Drawn>
);
export const CrossIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="m4.5 4.5 7 7M11.5 4.5l-7 7" />
  </Drawn>
);
export const AlertIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M8 2 14.5 13.5h-13L8 2ZM8 6.5v3.2M8 11.6v.1" />
  </Drawn>
);
export const FakeIcon = (props: Props) => (
  <Drawn {...props}>
    <circle cx="8" cy="8" r="5.8" />
    <path d="M8 5v3.6M8 10.9v.1" />
  </Drawn>
);
export const QuestionIcon = (props: Props) => (
  <Drawn {...props}>
    <circle cx="8" cy="8" r="5.8" />
    <path d="M6.3 6.4A1.8 1.8 0 1 1 8 8.4v.6M8 11.1v.1" />
  </Drawn>
);
export const RealIcon = (props: Props) => (
  <Drawn {...props}>
    <circle cx="8" cy="8" r="5.8" />
    <path d="m5.5 8.2 1.8 1.8 3.3-3.7" />
  </Drawn>
);
export const PauseIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M5.5 3.5v9M10.5 3.5v9" />
  </Drawn>
);
export const PlayIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M5 3.2 12 8l-7 4.8V3.2Z" />
  </Drawn>
);
export const UploadIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M8 10.5v-7M5 6l3-3 3 3M2.5 10.5v2a1 1 0 0 0 1 1h9a1 1 0 0 0 1-1v-2" />
  </Drawn>
);
export const DownloadIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M8 3v7M5 7.5l3 3 3-3M2.5 10.5v2a1 1 0 0 0 1 1h9a1 1 0 0 0 1-1v-2" />
  </Drawn>
);
export const CopyIcon = (props: Props) => (
  <Drawn {...props}>
    <rect x="5.5" y="5.5" width="8" height="8" rx="1.3" />
    <path d="M10.5 3.2A1.2 1.2 0 0 0 9.3 2.5H3.7a1.2 1.2 0 0 0-1.2 1.2v5.6c0 .5.3 1 .7 1.2" />
  </Drawn>
);
export const TableIcon = (props: Props) => (
  <Drawn {...props}>
    <rect x="2" y="3" width="12" height="10" rx="1" />
    <path d="M2 6.5h12M2 9.8h12M6.5 6.5V13" />
  </Drawn>
);
export const ChartIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M2.5 13.5h11M4.5 11V8M8 11V4M11.5 11V6.5" />
  </Drawn>
);
export const ImageIcon = (props: Props) => (
  <Drawn {...props}>
    <rect x="2" y="3" width="12" height="10" rx="1.2" />
    <circle cx="5.6" cy="6.5" r="1.1" />
    <path d="m3 12 3.6-3.4 2.2 2 2-1.8 2.6 2.4" />
  </Drawn>
);
export const KeyboardIcon = (props: Props) => (
  <Drawn {...props}>
    <rect x="1.5" y="4" width="13" height="8" rx="1.2" />
    <path d="M4 6.8h.1M6.6 6.8h.1M9.2 6.8h.1M11.8 6.8h.1M5 9.4h6" />
  </Drawn>
);
export const FilterIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M2.5 4h11M4.5 8h7M6.5 12h3" />
  </Drawn>
);
export const BackIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M9.5 3.5 5 8l4.5 4.5" />
  </Drawn>
);
export const DownIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="m4 6.3 4 4 4-4" />
  </Drawn>
);
export const CalendarIcon = (props: Props) => (
  <Drawn {...props}>
    <rect x="2" y="3" width="12" height="11" rx="1.2" />
    <path d="M2 6.5h12M5.2 1.8v2.4M10.8 1.8v2.4" />
  </Drawn>
);
export const SearchIcon = (props: Props) => (
  <Drawn {...props}>
    <circle cx="7" cy="7" r="4.6" />
    <path d="m10.5 10.5 3.2 3.2" />
  </Drawn>
);
export const ShareIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.4-2.4a2.6 2.6 0 0 0-3.7-3.7l-.9.9M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.1 9.2a2.6 2.6 0 0 0 3.7 3.7l.9-.9" />
  </Drawn>
);
export const PictureIcon = (props: Props) => (
  <Drawn {...props}>
    <rect x="2" y="3" width="12" height="10" rx="1.2" />
    <path d="m3 11 3-3 2.2 2 2.4-2.8L13.4 10" />
  </Drawn>
);
export const UsageIcon = (props: Props) => (
  <Drawn {...props}>
    <circle cx="6" cy="5.5" r="2.5" />
    <path d="M1.8 13.5a4.2 4.2 0 0 1 8.4 0M10.5 3.3a2.5 2.5 0 0 1 0 4.4M12 9.8a4.2 4.2 0 0 1 2.3 3.7" />
  </Drawn>
);
export const SpeedIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M2.3 12a6.2 6.2 0 1 1 11.4 0M8 9.5l2.6-3.2" />
  </Drawn>
);
export const ExploreIcon = (props: Props) => (
  <Drawn {...props}>
    <rect x="1.8" y="2.5" width="12.4" height="11" rx="1.3" />
    <path d="m4.5 6 2.2 2-2.2 2M8.5 10.3h3" />
  </Drawn>
);
export const SettingsIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M2 4.5h6M11.5 4.5H14M2 11.5h2.5M8 11.5h6" />
    <circle cx="9.8" cy="4.5" r="1.7" />
    <circle cx="6.2" cy="11.5" r="1.7" />
  </Drawn>
);
export const ColumnsIcon = (props: Props) => (
  <Drawn {...props}>
    <rect x="2" y="3" width="12" height="10" rx="1" />
    <path d="M6 3v10M10 3v10" />
  </Drawn>
);
export const BellIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M4 7a4 4 0 0 1 8 0c0 3 1 4 1.5 4.5h-11C3 11 4 10 4 7ZM6.8 13.6a1.4 1.4 0 0 0 2.4 0" />
  </Drawn>
);
export const IncidentIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M3.5 14V2.5M3.5 3h8.3l-1.8 3 1.8 3H3.5" />
  </Drawn>
);
export const SystemIcon = (props: Props) => (
  <Drawn {...props}>
    <rect x="2" y="2.5" width="12" height="4.5" rx="1" />
    <rect x="2" y="9" width="12" height="4.5" rx="1" />
    <path d="M4.6 4.7h.1M4.6 11.2h.1M8 4.7h3.5M8 11.2h3.5" />
  </Drawn>
);
export const BugIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M5 6.5a3 3 0 0 1 6 0v3.5a3 3 0 0 1-6 0V6.5ZM5 8.2H2M14 8.2h-3M5.3 5.5 3.2 3.8M10.7 5.5l2.1-1.7M5.2 10.8 3 12.6M10.8 10.8l2.2 1.8M8 7v5.8" />
  </Drawn>
);
export const RunIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M13 8a5 5 0 1 1-1.6-3.7M13 2.5v2.6h-2.6" />
  </Drawn>
);
export const PlusIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M8 3v10M3 8h10" />
  </Drawn>
);
export const InfoIcon = (props: Props) => (
  <Drawn {...props}>
    <circle cx="8" cy="8" r="5.8" />
    <path d="M8 7.4v3.4M8 5.1v.1" />
  </Drawn>
);
export const MutedIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="M4.6 5.1A4 4 0 0 1 12 7c0 1 .1 1.8.3 2.4M10 11.5H2.5C3 11 4 10 4 7M2 2l12 12M6.8 13.6a1.4 1.4 0 0 0 2.4 0" />
  </Drawn>
);
export const ClockIcon = (props: Props) => (
  <Drawn {...props}>
    <circle cx="8" cy="8" r="5.8" />
    <path d="M8 4.8V8l2.2 1.6" />
  </Drawn>
);
export const UpIcon = (props: Props) => (
  <Drawn {...props}>
    <path d="m4 9.7 4-4 4 4" />
  </Drawn>
);

import { Drawer } from "@mantine/core";
import type { KeyboardEvent, ReactNode } from "react";
import { useWalk } from "./useWalk";

interface Props {
  title: string;
  /** What its button closes, in a word; the title in small letters when absent. */
  what?: string;
  opened: boolean;
  onClose: () => void;
  onKeyDown?: (event: KeyboardEvent<HTMLElement>) => void;
  children: ReactNode;
}

/** What stands at the page's right edge until it is closed: one thing in full, or a form. */
export function SideDrawer({
  title,
  what = title.toLowerCase(),
  opened,
  onClose,
  onKeyDown,
  children,
}: Props) {
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="right"
      size={480}
      title={title}
      overlayProps={{ backgroundOpacity: 0.15 }}
      closeButtonProps={{ "aria-label": `Close the ${what}` }}
      onKeyDown={onKeyDown}
    >
      {opened && children}
    </Drawer>
  );
}

interface RowProps {
  title: string;
  id: string | undefined;
  /** The list it was opened from: ↑ and ↓ walk through it. */
  rows: { id: string | null }[];
  onOpen: (id: string | undefined) => void;
  children: (id: string) => ReactNode;
}

/** One row of a list in full. The row itself stays in sight. */
export function RowDrawer({ title, id, rows, onOpen, children }: RowProps) {
  const walk = useWalk(
    rows.flatMap((row) => row.id ?? []),
    id,
    onOpen,
  );
  return (
    <SideDrawer title={title} opened={id !== undefined} onClose={() => onOpen(undefined)} onKeyDown={walk}>
      {id !== undefined && children(id)}
    </SideDrawer>
  );
}

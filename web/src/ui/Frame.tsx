import { Drawer } from "@mantine/core";
import { Outlet, useNavigate } from "@tanstack/react-router";
import { useCallback, useState } from "react";
import { useKeepBranding } from "../api/branding";
import { useShortcuts } from "../state/keys";
import { usePhase } from "../state/live";
import { useKeepFresh } from "../state/refresh";
import { shared } from "../state/view";
import styles from "./frame.module.css";
import { KeyboardMap } from "./KeyboardMap";
import { Palette } from "./Palette";
import { pages } from "./pages";
import { Rail } from "./Rail";
import { TopBar } from "./TopBar";

/** What stands around every page: rail, top bar, and the page's landmark. */
export function Frame() {
  const [menuOpen, setMenuOpen] = useState(false);
  const [mapOpen, setMapOpen] = useState(false);
  const [searching, setSearching] = useState(false);
  const navigate = useNavigate();
  const phase = usePhase();
  useKeepFresh();
  useKeepBranding();
  const onShortcut = useCallback(
    (shortcut: string) => {
      if (shortcut === "?") setMapOpen(true);
      if (shortcut === "palette" || shortcut === "/") setSearching(true);
      const page = pages.find(({ key }) => shortcut === `g ${key}`);
      if (page) void navigate({ to: page.to, search: shared });
    },
    [navigate],
  );
  useShortcuts(onShortcut);
  return (
    <div className={styles.frame}>
      <a className={styles.skip} href="#content">
        Skip to content
      </a>
      <aside className={styles.rail}>
        <Rail onKeyboardMap={() => setMapOpen(true)} />
      </aside>
      <Drawer
        opened={menuOpen}
        onClose={() => setMenuOpen(false)}
        size={260}
        title="Verascope"
        closeButtonProps={{ "aria-label": "Close the menu" }}
      >
        <Rail sheet onPick={() => setMenuOpen(false)} onKeyboardMap={() => setMapOpen(true)} />
      </Drawer>
      <div className={styles.column}>
        <TopBar onMenu={() => setMenuOpen(true)} onSearch={() => setSearching(true)} />
        <main id="content" tabIndex={-1} className={styles.main} data-stale={phase === "stale" || undefined}>
          <Outlet />
        </main>
      </div>
      <Palette
        opened={searching}
        onClose={() => setSearching(false)}
        onKeyboardMap={() => setMapOpen(true)}
      />
      <KeyboardMap opened={mapOpen} onClose={() => setMapOpen(false)} />
    </div>
  );
}

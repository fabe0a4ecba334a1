import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { PostgreSQL, SQLite, sql } from "@codemirror/lang-sql";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, Prec } from "@codemirror/state";
import { EditorView, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "react";
import type { SqlSchema } from "../api/sql";

interface Props {
  text: string;
  schema: SqlSchema | undefined;
  onChange: (text: string) => void;
  onRun: () => void;
}

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--vs-accent-text)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--vs-fake-text)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--vs-real-text)" },
  { tag: tags.comment, color: "var(--vs-muted)", fontStyle: "italic" },
]);

const look = EditorView.theme({
  "&": { fontSize: "13px", backgroundColor: "var(--vs-surface)", color: "var(--vs-text)" },
  "&.cm-focused": { outline: "2px solid var(--vs-accent)", outlineOffset: "-1px" },
  ".cm-scroller": {
    minHeight: "150px",
    maxHeight: "40dvh",
    fontFamily: 'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace',
  },
  ".cm-content": { caretColor: "var(--vs-text)", padding: "10px 0" },
  ".cm-cursor": { borderLeftColor: "var(--vs-text)" },
  ".cm-gutters": { backgroundColor: "var(--vs-sunken)", color: "var(--vs-muted)", border: "0" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection": {
    backgroundColor: "var(--vs-accent-soft) !important",
  },
  ".cm-placeholder": { color: "var(--vs-muted)" },
  ".cm-matchingBracket": { backgroundColor: "var(--vs-accent-soft)" },
  ".cm-tooltip": {
    border: "1px solid var(--vs-line-strong)",
    backgroundColor: "var(--vs-raised)",
    color: "var(--vs-text)",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    backgroundColor: "var(--vs-accent-soft)",
    color: "var(--vs-accent-text)",
  },
  ".cm-completionDetail": { color: "var(--vs-muted)", fontStyle: "normal" },
});

/** A text field for SQL with colours and completion. Tab leaves it, Ctrl-Enter runs. */
export function SqlEditor({ text, schema, onChange, onRun }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const language = useRef(new Compartment());
  const latest = useRef({ onChange, onRun });
  latest.current = { onChange, onRun };
  const firstText = useRef(text);

  useEffect(() => {
    if (!box.current) return;
    const run = () => {
      latest.current.onRun();
      return true;
    };
    const editor = new EditorView({
      parent: box.current,
      state: EditorState.create({
        doc: firstText.current,
        extensions: [
          Prec.highest(keymap.of([{ key: "Mod-Enter", run }])),
          keymap.of([...completionKeymap, ...historyKeymap, ...defaultKeymap]),
          lineNumbers(),
          history(),
          bracketMatching(),
          autocompletion({ icons: false }),
          syntaxHighlighting(colours),
          language.current.of([]),
          placeholder("SELECT …"),
          look,
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": "SQL" }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, []);

  useEffect(() => {
    const tables = Object.fromEntries(
      (schema?.tables ?? []).map(({ name, columns }) => [
        name,
        columns.map((column) => ({
          label: column.name,
          detail: column.type,
          info: column.description,
          type: "property",
        })),
      ]),
    );
    const dialect = schema?.database === "postgresql" ? PostgreSQL : SQLite;
    view.current?.dispatch({
      effects: language.current.reconfigure(
        sql({ dialect, schema: tables, defaultTable: "predictions", upperCaseKeywords: true }),
      ),
    });
  }, [schema]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === text) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
  }, [text]);

  return <div ref={box} />;
}

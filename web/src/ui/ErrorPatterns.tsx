import { Link } from "@tanstack/react-router";
import type { Result, Row } from "../api/types";
import { download, toCsv } from "../csv";
import { failedWords, integer, percent } from "../format";
import { shared } from "../state/view";
import { originOf, shareOfFailures, useAbout, useSaid } from "./about";
import { Card, CardAction } from "./Card";
import { DownloadIcon } from "./icons";
import { Empty, type Loading } from "./states";
import { FilterValue, Table } from "./Table";

interface Props {
  result: Result | undefined;
  total: number;
  failed: number;
  words: string;
  loading: Loading;
}

/** Failures grouped by what went wrong, the most frequent first. */
export function ErrorPatterns({ result, total, failed, words, loading }: Props) {
  const about = useAbout(["failed_predictions", "error_rate"], result, [shareOfFailures]);
  const said = useSaid(result && originOf(result));
  const rows = result?.rows ?? [];
  const others = result?.other?.failed_predictions ?? 0;
  const share = (row: Row) => (failed > 0 ? ((row.failed_predictions ?? 0) / failed) * 100 : null);
  const save = () =>
    download(
      "verascope-error-patterns.csv",
      toCsv(
        ["error_pattern", "failed_predictions", "share_of_failures_percent"],
        rows.map((row) => [row.error_pattern ?? "", row.failed_predictions ?? 0, share(row)]),
      ),
    );
  return (
    <Card
      title="Error patterns"
      subtitle={failed > 0 ? `${failedWords(failed, total)} ${words}` : `Why predictions failed ${words}`}
      about={about}
      minHeight={60}
      loading={loading}
      actions={
        rows.length > 0 && <CardAction label="Download as CSV" icon={<DownloadIcon />} onClick={save} />
      }
    >
      {rows.length === 0 ? (
        <Empty>
          <p>
            {total > 0 ? `None of ${integer(total)} failed.` : "Without predictions there are no failures."}
          </p>
        </Empty>
      ) : (
        <Table
          label="Error patterns"
          rows={rows}
          rowKey={(row) => row.error_pattern ?? ""}
          columns={[
            {
              key: "pattern",
              head: "Pattern",
              cell: (row) =>
                row.error_pattern == null ? (
                  <FilterValue name="error_pattern" value={null} />
                ) : (
                  <Link
                    to="/errors"
                    search={(view) => ({ ...shared(view), id: row.error_pattern ?? "" })}
                    title="Samples, timeline, and what to do"
                  >
                    {row.error_pattern}
                  </Link>
                ),
            },
            {
              key: "count",
              head: "Count",
              said: said("failed_predictions"),
              number: true,
              cell: (row) => integer(row.failed_predictions),
            },
            {
              key: "share",
              head: "Share",
              said: said(shareOfFailures),
              number: true,
              cell: (row) => percent(share(row)),
            },
          ]}
        />
      )}
      {others > 0 && (
        <p className="quiet">
          <Link to="/errors" search={shared}>
            {integer(others)} more with other messages
          </Link>
        </p>
      )}
    </Card>
  );
}

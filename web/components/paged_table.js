// A list that is read page by page: <PagedTable label load=${(cursor, signal) => page} columns rowKey onRow empty emptyTitle deps />.
// `load` answers with { data, next_cursor }. Without rows, an empty state says what to do. `actions`: of the card's head.
import { html, useEffect, useState } from "../vendor/htm/preact.js";
import { useLoad } from "../live.js";
import { Card } from "./card.js";
import { EmptyState } from "./empty.js";
import { Loading } from "./loading.js";
import { ProblemPanel } from "./problem.js";
import { Table } from "./table.js";

export function PagedTable({ label, load, columns, rowKey, onRow, empty, emptyTitle, deps = [], actions }) {
  const [cursors, setCursors] = useState([null]); // of the pages up to the one that is shown
  useEffect(() => setCursors([null]), deps);
  const { data: page, error, loading, reload } = useLoad((signal) => load(cursors.at(-1), signal), [cursors, ...deps]);
  if (error) return html`<${ProblemPanel} problem=${error} onRetry=${reload} />`;
  if (!page) return html`<${Loading} />`;
  if (!page.data.length && cursors.length === 1) return html`<${Card}><${EmptyState} title=${emptyTitle}>${empty}<//><//>`;
  return html`
    <${Card} title=${label} actions=${actions} flush>
      <${Table} label=${label} columns=${columns} rows=${page.data} rowKey=${rowKey} onRow=${onRow} />
      ${(cursors.length > 1 || page.next_cursor) &&
      html`<div class="pager">
        <button type="button" disabled=${cursors.length === 1 || loading} onClick=${() => setCursors(cursors.slice(0, -1))}>Previous</button>
        <span class="quiet">Page ${cursors.length}</span>
        <button type="button" disabled=${!page.next_cursor || loading} onClick=${() => setCursors([...cursors, page.next_cursor])}>Next</button>
      </div>`}
    <//>
  `;
}

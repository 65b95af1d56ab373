// The states that a job went through, with the time spent in each.
import { html } from "../../vendor/htm/preact.js";
import { StateBadge } from "../../components/badge.js";
import { Card } from "../../components/card.js";
import { between, dateTime, duration } from "../../format.js";

const SHOWN = 12; // of a job that changed its state often, the last ones

export function Timeline({ job }) {
  const steps = job.transitions.map((step, at) => ({ ...step, until: job.transitions[at + 1]?.at }));
  const hidden = Math.max(0, steps.length - SHOWN);
  return html`
    <${Card} title="Transitions">
      ${hidden > 0 && html`<p class="quiet">${hidden} earlier ones are not shown.</p>`}
      <ol class="timeline">
        ${steps.slice(hidden).map(
          ({ state, at, until }) => html`
            <li key=${at + state}>
              <${StateBadge} state=${state} />
              <time datetime=${at} title=${at}>${dateTime(at)}</time>
              <span class="quiet">${until ? `for ${duration(between(at, until))}` : ""}</span>
            </li>
          `,
        )}
      </ol>
    <//>
  `;
}

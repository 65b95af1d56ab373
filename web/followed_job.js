// A job and its epochs as they are now. While the page is visible, a stream brings the epochs, and the job itself is read
// at most every two seconds. After more points than a chart needs, the server thins them out.
import { useCallback, useEffect, useRef, useState } from "./vendor/htm/preact.js";
import { get, post, stream } from "./api.js";
import { useVisible } from "./live.js";

const READ_SECONDS = 2; // between requests for the job
const DRAW_MILLISECONDS = 250; // between updates of the page
const MAX_POINTS = 1000; // the API's limit for one response
const MAX_KEPT = 2 * MAX_POINTS;
const MAX_PAUSE = 30; // seconds between attempts while the service does not answer

// Returns { job, epochs, error, act(action), reload }. `epochs` is a new array whenever it has changed.
export function useFollowedJob(id) {
  const path = `/v1/jobs/${encodeURIComponent(id)}`;
  const [state, setState] = useState({ epochs: [] });
  const follower = useRef();
  const visible = useVisible();
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (!visible) return undefined;
    follower.current = new Follower(path, setState);
    return () => follower.current.stop();
  }, [path, visible, round]);
  const reload = useCallback(() => setRound((number) => number + 1), []);
  const act = useCallback(async (action) => {
    const job = await post(`${path}/${action}`);
    if (action !== "retry") setState((old) => ({ ...old, job }));
    if (action === "resume") reload();
    return job;
  }, [path]);
  return { ...state, act, reload };
}

class Follower {
  constructor(path, setState) {
    this.path = path;
    this.setState = setState;
    this.controller = new AbortController();
    this.timers = new Map();
    this.readAt = 0;
    this.run();
  }

  stop() {
    this.controller.abort();
    this.timers.forEach(clearTimeout);
  }

  // Read everything, then follow the stream until the job has ended; begin again after failures.
  async run() {
    for (let failures = 0; ; ) {
      try {
        await this.readAll();
        if (this.job.finished_at) return;
        await stream(this.path.concat("/events"), { after: this.lastEvent(), signal: this.signal, onEvent: (event) => this.take(event) });
        failures = 0;
      } catch (error) {
        if (this.signal.aborted) return;
        if (error.status) this.setState((old) => ({ ...old, error }));
        if ([401, 403, 404].includes(error.status)) return;
        failures += 1;
        await this.pause(error.retryAfter ?? Math.min(MAX_PAUSE, 2 ** failures));
      }
      if (this.signal.aborted) return;
    }
  }

  get signal() {
    return this.controller.signal;
  }

  async readAll() {
    const { signal } = this;
    const [job, page] = await Promise.all([
      get(this.path, {}, { signal }),
      get(`${this.path}/metrics`, { max_points: MAX_POINTS }, { signal }),
    ]);
    this.readAt = Date.now();
    this.job = job;
    this.epochs = page.data;
    this.last = page.data.at(-1)?.epoch ?? 0;
    this.setState({ job, epochs: this.epochs });
    if (job.state === "queued") this.later("job", READ_SECONDS * 1000, () => this.readJob());
  }

  // Each epoch is an event, so the event of epoch n has at least the number n.
  lastEvent() {
    return this.last;
  }

  take({ type, data }) {
    if (type === "job.epoch") {
      const known = this.epochs.find((epoch) => epoch.epoch === data.epoch);
      if (data.epoch <= this.last && (!known || known.train_loss === data.train_loss)) return;
      if (known) this.epochs = this.epochs.filter((epoch) => epoch.epoch < data.epoch); // trained again after a lost worker
      this.last = data.epoch;
      this.epochs = [...this.epochs, data];
      if (this.epochs.length > MAX_KEPT) this.epochs = this.epochs.filter((epoch, at) => at % 2 === 0 || epoch.layers);
      this.later("draw", DRAW_MILLISECONDS, () => this.setState((old) => ({ ...old, epochs: this.epochs })));
    }
    const pause = this.readAt + READ_SECONDS * 1000 - Date.now();
    this.later("job", Math.max(0, pause), () => this.readJob());
  }

  async readJob() {
    this.readAt = Date.now();
    try {
      const job = await get(this.path, {}, { signal: this.signal });
      this.setState((old) => ({ ...old, job, error: undefined }));
      if (job.state === "queued") this.later("job", READ_SECONDS * 1000, () => this.readJob());
    } catch {
      // the stream ends as well and is opened again
    }
  }

  // Run `action` after some milliseconds, unless the same is planned already.
  later(name, milliseconds, action) {
    if (this.timers.has(name) || this.signal.aborted) return;
    const run = () => {
      this.timers.delete(name);
      action();
    };
    this.timers.set(name, setTimeout(run, milliseconds));
  }

  pause(seconds) {
    return new Promise((resolve) => this.timers.set("pause", setTimeout(resolve, seconds * 1000)));
  }
}

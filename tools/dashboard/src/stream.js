// The websocket: closed bars and states of all series, open bars of the one that is looked at. After a cut it
// goes on where it was, or is told that a snapshot comes.
import { token } from './api.js';

const kRetryMs = [250, 500, 1000, 2000, 5000];
const kHeartbeatsMissed = 2.5;

export class Stream {
  /** on: {signal(message), status(text, isUp)} */
  constructor(on) {
    this.on = on;
    this.looked = null;
    this.place = null; // {epoch, position}: seen so far
    this.failures = 0;
  }

  open() {
    const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
    const resume = this.place ? `&resume=${this.place.epoch}:${this.place.position}` : '';
    const protocols = token() ? ['lockstep.v1', `lockstep.token.${token()}`] : ['lockstep.v1'];
    this.socket = new WebSocket(`${scheme}//${location.host}/v1/stream?closed_only=1${resume}`, protocols);
    this.socket.onmessage = (event) => this.take(JSON.parse(event.data));
    this.socket.onclose = () => this.retry();
  }

  /** Open bars of this series too, and of no other. */
  look(series) {
    const all = ['closed_bar', 'open_bar', 'state'];
    if (this.looked) this.say({ unsubscribe: this.one(this.looked, ['open_bar']) });
    this.looked = series;
    if (series) this.say({ subscribe: this.one(series, all) });
  }

  one(series, kinds) {
    return { venue: series.venue, symbols: [series.symbol], intervals: [series.interval], kinds };
  }

  say(message) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  take(message) {
    this.watch(message);
    if (message.position !== null) this.place = { epoch: message.epoch, position: message.position };
    if (message.type === 'hello') {
      this.failures = 0;
      this.heartbeatMs = message.heartbeat_ms;
      this.on.status('live', true);
      const looked = this.looked;
      this.looked = null;
      this.look(looked);
      // At first everything is being fetched anyway.
      if (this.hasBegun && !message.resumed) this.on.restarted();
      this.hasBegun = true;
    } else if (message.type === 'signal' || message.type === 'state') {
      this.on.signal(message);
    }
  }

  /** Silence for longer than the heartbeats allow is a dead connection. */
  watch() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.socket.close(), kHeartbeatsMissed * (this.heartbeatMs ?? 10000));
  }

  retry() {
    clearTimeout(this.silence);
    const wait = kRetryMs[Math.min(this.failures, kRetryMs.length - 1)];
    this.failures += 1;
    this.on.status('reconnecting', false);
    setTimeout(() => this.open(), wait);
  }
}

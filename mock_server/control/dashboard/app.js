/** The dashboard as a whole: its parts are created here and notified of changes. */

/** @import { Exchange, State } from "./types.js" */

import { Api, Refused } from "./api.js";
import { Clock } from "./clock.js";
import { Detail } from "./detail.js";
import { byId, el, fill } from "./dom.js";
import { Faults } from "./faults.js";
import { Lists } from "./lists.js";
import { Full, HeldBack, Live } from "./live.js";
import { attempt, inWords } from "./notice.js";
import { showNotices } from "./notices.js";
import { showReadings } from "./readings.js";
import { Requests } from "./requests.js";
import { Session } from "./session.js";
import { short } from "./showing.js";
import { Snapshots } from "./snapshots.js";
import { soon } from "./soon.js";
import { stateButtons } from "./state.js";
import { tabs } from "./tabs.js";
import { plain } from "./visible.js";
import { Worlds } from "./worlds.js";

const LOOKED_AGAIN_MS = 3000; // worlds, logins and the time change without an event in the world looked at
const STATE_MS = 4500; // asked first, so that the dashboard says within 5 s what is wrong
const RESTS_AFTER_MS = 30_000; // unseen: a browser has six connections to the mock, and the product needs some

const api = new Api();
let world = "";
let mockAddress = ""; // of the mock itself, whatever proxy this web page came through
let isLate = false; // whether a request is known whose event did not come
document.documentElement.dataset.started = "yes"; // for theme.js

const detail = new Detail(api, (exchange) => requests.focus(exchange));
const requests = new Requests(
  (exchange) => detail.show(exchange),
  (exchange) => detail.offer(exchange),
);
const lists = new Lists(api);
const faults = new Faults(api);
const session = new Session(api);
const snapshots = new Snapshots(api);
const clock = new Clock(api);
const worlds = new Worlds(api, switchTo);
const live = new Live(api, { load, opened, request, change, late, lost });

const listsSoon = soon(() => lists.load(), 150);
const faultsSoon = soon(() => faults.load(), 150);
const noticesSoon = soon(async () => showNotices((await api.get("state")).notices), 150);
const loadWorlds = async () => live.expect(await worlds.load(world));
const worldsSoon = soon(loadWorlds, 250);
const allSoon = soon(async () => {
  await Promise.all([loadWorlds(), session.load(), clock.load()]);
}, 0);

stateButtons(api, () => world);
byId("clear", HTMLElement).addEventListener("click", () => {
  requests.goOn();
  attempt(() => api.delete("requests"));
});
tabs(/** @type {HTMLElement} */ (document.querySelector("[role=tablist]")), () => lists.load().catch(() => {}));
setInterval(lookAgain, LOOKED_AGAIN_MS);
addEventListener("focus", lookAgain);
themeButton();
tokenForm();
restWhileUnseen();
live.start();

/** Everything but the requests, which come by the stream. */
async function load() {
  const asked = api.world;
  /** @type {State} */
  const state = await api.get("state", STATE_MS);
  if (api.world !== asked) return; // another one was asked for since
  // From now on the dashboard is about this one, also if the cookie that named it comes to name another.
  api.world = world = state.world;
  // First what distinguishes the tabs of several mocks and worlds.
  document.title = `${state.port} ${world === "default" ? "" : `${plain(short(world))} `}· leadlists-mock`;
  detail.cookieName = state.cookieName;
  mockAddress = `${state.scheme}://localhost:${state.port}/__mock__/`;
  fill(byId("version", HTMLElement), state.version);
  fill(byId("world-name", HTMLElement), short(world));
  const operations = state.operations.map((each) => el("code", {}, `${each.method} ${each.path}`));
  const none = "No requests yet in this world. What a client sends appears here, first of all:";
  fill(byId("journal-empty", HTMLElement), el("p", {}, none), ...operations);
  showReadings(state);
  showNotices(state.notices);
  faults.offer(state.operations, state.users);
  const parts = [faults, lists, snapshots, clock].map((each) => each.load());
  await Promise.all([...parts, session.load(state.users), worlds.load(world)]);
}

function lookAgain() {
  if (!document.hidden && byId("connection", HTMLElement).dataset.state === "live") allSoon();
}

function restWhileUnseen() {
  let timer = 0;
  let rests = false;
  const look = () => {
    clearTimeout(timer);
    if (document.hidden) {
      timer = setTimeout(() => {
        rests = true;
        live.rest();
      }, RESTS_AFTER_MS);
    } else if (rests) {
      rests = false;
      live.start();
    }
  };
  document.addEventListener("visibilitychange", look);
  look(); // it may have been opened in the background
}

function opened() {
  tellLive();
  requests.begin();
}

function tellLive() {
  isLate = false;
  tellConnection("live", "Live");
  tellTrouble("");
}

function late() {
  isLate = true;
  tellConnection("lost", "Events come late");
  tellHeldBack("The mock answers, but its events come late.");
}

/** @param {Exchange} exchange */
function request(exchange) {
  if (isLate) tellLive();
  requests.add(exchange);
  worldsSoon();
  if (exchange.fault?.door === "control") faultsSoon();
  if ((exchange.answer.status ?? 0) < 300) listsSoon();
}

/** @param {string} of */
function change(of) {
  if (of === "spec") location.reload(); // readings and documented statuses may be others
  if (of === "requests") requests.begin();
  if (of === "lists") listsSoon();
  if (of === "faults") faultsSoon();
  if (of === "snapshots") attempt(() => snapshots.load());
  if (of === "clock") attempt(() => clock.load());
  if (of === "notices") noticesSoon();
  worldsSoon();
}

/** @param {unknown} reason */
function lost(reason) {
  if (reason instanceof Refused && reason.status === 403) return refused(reason);
  const answers = reason instanceof HeldBack || reason instanceof Full;
  tellConnection("lost", answers ? "No events; trying again" : "The mock does not answer; trying again");
  if (reason instanceof HeldBack) {
    tellHeldBack(reason.message);
  } else if (reason instanceof Error) {
    tellTrouble(reason.message);
  }
  return true;
}

/** @param {Refused} reason */
function refused(reason) {
  const asksForToken = reason.message.includes("token");
  tellConnection("lost", asksForToken ? "Refused; reload this web page to enter the token" : "Refused");
  if (!asksForToken) {
    tellTrouble(reason.message);
    return true;
  }
  fill(byId("token-reason", HTMLElement), ...inWords(reason));
  const dialog = byId("token", HTMLDialogElement);
  if (!dialog.open) dialog.showModal();
  return false;
}

/** @param {string} what */
function tellHeldBack(what) {
  tellTrouble(
    `${what} Something in between holds them back, such as a proxy that compresses or buffers responses: ` +
      `open the mock's own address (${mockAddress}), or turn compression off for /__mock__/events.`,
  );
}

/** @param {string} text */
function tellTrouble(text) {
  const place = byId("trouble", HTMLElement);
  if (place.textContent !== text) fill(place, text); // an alert is read out when it changes
}

/** @param {"live" | "lost"} state @param {string} text */
function tellConnection(state, text) {
  const place = byId("connection", HTMLElement);
  if (place.textContent === text) return; // said once, however often it is tried
  place.dataset.state = state;
  fill(place, text);
}

/** @param {string} name */
function switchTo(name) {
  api.world = name;
  const url = new URL(location.href);
  url.searchParams.set("world", name);
  history.replaceState(null, "", url);
  detail.clear();
  requests.goOn();
  live.start();
}

function tokenForm() {
  byId("token-form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    api.token = byId("token-value", HTMLInputElement).value;
    byId("token", HTMLDialogElement).close();
    live.start();
  });
}

function themeButton() {
  const switched = byId("theme", HTMLElement);
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const show = () => switched.setAttribute("aria-pressed", String(isDark()));
  switched.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    show();
    try {
      localStorage.setItem("leadlists-mock-theme", root.dataset.theme);
    } catch {
      // A browser that keeps nothing follows the system at the next visit.
    }
  });
  show();
}

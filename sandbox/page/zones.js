// A moment and the time on somebody's wall, "2026-11-23T14:30", in the zone that Slack knows of them.

const zones = new Map();

export function learnZones(known) {
  for (const [id, zone] of Object.entries(known)) zones.set(id, zone);
}

export const zoneOf = (person) => zones.get(person) ?? "UTC";

export function wall(seconds, zone) {
  const parts = new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
  return parts.format(seconds * 1000).replace(" ", "T");
}

// Twice: the first guess may lie on the other side of a change of the clocks.
export function moment(words, zone) {
  const asked = Date.parse(`${words}Z`);
  let found = asked;
  for (let turn = 0; turn < 2; turn += 1) found += asked - Date.parse(`${wall(found / 1000, zone)}Z`);
  return Math.round(found / 1000);
}

// The line under the channel: slash commands, as the person who looks.

import { toast } from "./dom.js";
import { act, me } from "./hand.js";
import { currentChannel } from "./slack.js";

const form = document.getElementById("composer");
const line = document.getElementById("line");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [, command, text] = /^\s*(\S*)\s*([\s\S]*?)\s*$/.exec(line.value);
  if (command === "" || form.getAttribute("aria-busy")) return;
  if (!/^\/\S/.test(command)) {
    toast("Only commands work here: they begin with a slash.");
    return;
  }
  line.value = "";
  await act(form, "slack/command", { command, text, channel: currentChannel(), person: me() });
});

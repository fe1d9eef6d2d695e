// Asks the sandbox to do something. An answer that says no is an answer; only silence is put into words here.

export async function ask(path, body) {
  try {
    const answer = await fetch(`/control/${path}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    return await answer.json();
  } catch {
    return { ok: false, message: "The sandbox itself does not answer. Has it been stopped?" };
  }
}

// Passkeys: the browser is asked for one when the form is sent, and the form goes on with the answer.
// webauthnJSON comes from django-allauth and turns JSON into what the browser takes, and back.

const problems = { NotAllowedError: "notAllowed", AbortError: "notAllowed", InvalidStateError: "exists", SecurityError: "elsewhere" };

function tell(form, name) {
  const box = form.querySelector("[data-passkey-problem]");
  box.textContent = box.dataset[name];
  box.hidden = false;
  form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
}

const given = () => structuredClone(JSON.parse(document.getElementById("passkey-options").textContent));

// A passkey that signs in alone is kept by the device and always asks for finger, face or PIN.
function creation(form) {
  const options = given().creation_options;
  const alone = form.elements.passwordless.checked;
  Object.assign(options.publicKey.authenticatorSelection, {
    residentKey: alone ? "required" : "discouraged",
    requireResidentKey: alone,
    ...(alone && { userVerification: "required" }),
  });
  return options;
}

async function asked(form) {
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  return (await answer.json()).request_options;
}

const ways = {
  add: async (form) => window.webauthnJSON.create(creation(form)),
  use: async () => window.webauthnJSON.get(given().request_options),
  "sign-in": async (form) => window.webauthnJSON.get(await asked(form)),
};

async function send(form) {
  try {
    const credential = await ways[form.dataset.passkey](form);
    form.querySelector("[data-passkey-credential]").value = JSON.stringify(credential);
    form.submit();
  } catch (error) {
    tell(form, problems[error.name] ?? "failed");
  }
}

for (const form of document.querySelectorAll("form[data-passkey]"))
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (window.PublicKeyCredential && window.webauthnJSON) send(form);
    else tell(form, "unsupported");
  });

// The address that the server prints at its first start has the password
// behind #: browsers send that to nobody. It is taken out of the address, and
// so out of the history, before the form is sent.

export function startSignIn(): void {
  const field = document.querySelector<HTMLInputElement>("form.sign-in #password");
  const given = decodeURIComponent(location.hash.slice(1));
  if (!field || given === "" || document.querySelector(".wrong")) return;
  history.replaceState(null, "", location.pathname + location.search);
  field.value = given;
  field.form?.requestSubmit();
}

// The agents' page: keys, forms that are sent in place, undo for ten seconds, live alerts.
'use strict';

const UNDO = 10000; // milliseconds for which undo is offered
let timer;

const cases = () => [...document.querySelectorAll('#cases > .case')];
const chosen = () => document.querySelector('#cases > .case.chosen');

function choose(one) {
  chosen()?.classList.remove('chosen');
  if (!one) return;
  one.classList.add('chosen');
  one.focus({ preventScroll: true });
  one.scrollIntoView({ block: 'nearest' });
}

// Of the case that was worked on, or else the place in the list where it stood.
function restore(id, place = 0) {
  const all = cases();
  choose(document.querySelector('.case[data-last]') || all.find((one) => one.id === id)
    || all[Math.min(Math.max(place, 0), all.length - 1)]);
}

function flashed() {
  clearTimeout(timer);
  const flash = document.getElementById('flash');
  timer = setTimeout(() => { flash.textContent = ''; }, UNDO);
}

// The parts of a page that the server sent, in the place of those that are there.
function show(html, address) {
  const page = new DOMParser().parseFromString(html, 'text/html');
  const looked = page.querySelector('main#looked');
  if (looked) {
    document.querySelector('aside #looked').replaceChildren(...looked.childNodes);
    return;
  }
  const id = chosen()?.id;
  const place = cases().indexOf(chosen());
  for (const part of ['header', '#flash', '#cases']) {
    const fresh = page.querySelector(part);
    if (fresh) document.querySelector(part).replaceWith(fresh);
  }
  history.replaceState(null, '', address);
  restore(id, place);
  flashed();
}

async function send(form, button) {
  const body = new URLSearchParams(new FormData(form, button));
  try {
    const answer = await fetch(form.action, { method: 'POST', body });
    const kind = answer.headers.get('content-type') || '';
    if (!kind.startsWith('text/html')) throw new Error((await answer.json()).error);
    show(await answer.text(), answer.url);
  } catch (error) {
    document.getElementById('flash').textContent = error.message;
  }
}

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.getAttribute('action') !== '/act') return;
  event.preventDefault();
  if (form.dataset.sent) return; // a second press of the same key
  form.dataset.sent = '1';
  send(form, event.submitter).finally(() => { delete form.dataset.sent; });
});

document.addEventListener('click', (event) => {
  const suggestion = event.target.closest('.suggestion');
  if (suggestion) {
    const form = suggestion.form;
    form.elements.text.value = suggestion.dataset.answer;
    form.elements.entry.value = suggestion.dataset.entry;
    form.elements.text.focus();
    return;
  }
  const one = event.target.closest('.case');
  if (one && one !== chosen() && !event.target.closest('button, select, textarea, input')) choose(one);
});

function press(key) {
  const found = chosen()?.querySelector(`[data-key="${key}"]`)
    || document.querySelector(`:is(header, #flash, #filter, aside) [data-key="${key}"]`);
  if (!found) return false;
  found.tagName === 'BUTTON' ? found.click() : found.focus();
  return true;
}

document.addEventListener('keydown', (event) => {
  const field = event.target.closest('input, textarea, select');
  if (event.key === 'Escape' && field) {
    field.blur();
    choose(field.closest('.case') || chosen() || cases()[0]);
    return;
  }
  if (event.key === 'Enter' && event.ctrlKey && field?.form) {
    event.preventDefault();
    field.form.requestSubmit();
    return;
  }
  // Enter in a list of topics sets it: the list has no default of its own.
  if (event.key === 'Enter' && field?.tagName === 'SELECT' && field.closest('.case')) {
    event.preventDefault();
    field.form.requestSubmit();
    return;
  }
  if (field || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'j' || event.key === 'k') {
    const all = cases();
    const at = all.indexOf(chosen()) + (event.key === 'j' ? 1 : -1);
    choose(all[Math.min(Math.max(at, 0), all.length - 1)]);
    event.preventDefault();
  } else if (/^[a-z0-9]$/.test(event.key) && press(event.key)) {
    event.preventDefault();
  }
});

const list = document.getElementById('alerts');
if (list) {
  restore();
  if (document.getElementById('flash').textContent.trim()) flashed();
  const stream = new EventSource(`/v1/trends/stream?since=${list.dataset.told}`);
  stream.addEventListener('alert', (event) => {
    const told = JSON.parse(event.data);
    const line = document.createElement('li');
    const severity = document.createElement('span');
    const sentence = document.createElement('bdi');
    severity.className = 'severity';
  severity.title = 'severity';
    severity.textContent = told.alert.severity;
    sentence.textContent = told.sentence; // text, never HTML: it quotes what customers wrote
    line.className = 'new';
    line.append(severity, ' ', sentence);
    list.prepend(line);
    list.children[20]?.remove(); // the report has all of them
  });
}

const part = (name) => element.querySelector(`.${name}`);

function paint() {
  const about = props.value || {};
  part('fl-about-state').textContent = about.state || '';
  part('fl-badge').textContent = about.badge || '';
  part('fl-badge').dataset.kind = about.kind || '';
  part('fl-licence').textContent = about.licence || '';
  part('fl-needs').textContent = about.needs || '';
}

watch('value', paint);
paint();

const line = element.querySelector('.fl-forecast');

function paint() {
  const { text = '', reason = '' } = props.value || {};
  line.hidden = !text;
  line.querySelector('summary').textContent = text;
  line.querySelector('p').textContent = reason;
}

watch('value', paint);
paint();

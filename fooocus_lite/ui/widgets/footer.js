const model = element.querySelector('.fl-model');
const paint = () => { model.textContent = props.value || ''; };
watch('value', paint);
paint();

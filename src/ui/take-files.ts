import type { Session } from './session.svelte';

const isGguf = ({ name }: File) => /\.gguf$/i.test(name);

/** Files that were dropped or pasted anywhere: a model pair, or a picture. */
export function takeFiles(session: Session, files: Iterable<File>): void {
  const all = [...files];
  const models = all.filter(isGguf);
  const vision = models.find(({ name }) => /mmproj|vision|clip/i.test(name)) ?? models[1];
  const language = models.find((file) => file !== vision);
  if (language && vision) return void session.setup.useFiles(language, vision);
  const picture = all.find(({ type }) => type.startsWith('image/')) ?? all[0];
  if (picture) session.useFile(picture, picture.name);
}

import { plugCable, type LinkModel } from '../test/device/cable';

/** A modelled cable in a process of its own, so that it takes no time from the program that is measured: started by `fork`. */
process.once('message', (asked: { readonly port: number; readonly model: LinkModel }) => {
  void plugCable(asked.port, asked.model).then(({ port }) => process.send?.({ port }));
});
process.once('disconnect', () => process.exit());

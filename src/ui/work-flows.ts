/** The flows behind the larger half of the page, as one piece to load. */
export { buildOf } from '../domain/build';
export { toReport } from '../domain/report';
export { examine } from '../flows/doctor';
export { createHostTools } from '../flows/host-tools';
export { install } from '../flows/install';
export { record } from '../flows/record';
export { PIPELINES } from '../pipelines';
export { libraryFolders } from '../pipelines/setup';
export { Runner } from '../flows/run';

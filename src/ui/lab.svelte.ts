import { planInput, FAMILIES, type FamilyId } from '../families';
import type { InputPlan, InputRecipe, PreparedInput, Preparer } from '../domain/prepare';
import type { Failure } from '../domain/failure';
import { fail, type Result } from '../domain/result';
import { busy, done, failedOrIdle, IDLE, type Step } from './step';

/** Most prompt tokens of the public NPU runners' exports; the form's first budget. */
const BUDGET_TOKENS = 1920;

/** Tries other models' preparation on the picture at hand. Plans at every change, works when asked. */
export class Lab {
  family = $state<FamilyId>('qwen2.5-vl');
  params = $state<Record<string, number | string | boolean>>({});
  budget = $state(BUDGET_TOKENS);
  step = $state.raw<Step<PreparedInput>>(IDLE);

  readonly row = $derived(FAMILIES[this.family]);
  readonly recipe = $derived<InputRecipe>({ family: this.family, params: { ...this.params } });
  readonly #preparer: Preparer;
  readonly #picture: () => { readonly width: number; readonly height: number } | undefined;
  readonly plan = $derived.by<Result<InputPlan>>(() => {
    const size = this.#picture();
    return size ? planInput(this.recipe, size.width, size.height) : fail('image-not-image');
  });
  #stop: AbortController | undefined;

  /** `picture` tells the size of the decoded picture, read anew at each plan. */
  constructor(
    preparer: Preparer,
    picture: () => { readonly width: number; readonly height: number } | undefined,
  ) {
    this.#preparer = preparer;
    this.#picture = picture;
    this.choose(this.family);
  }

  /** Why the work is not worth starting, or nothing. */
  get refusal(): Failure | undefined {
    if (!this.plan.ok) return this.plan.failure;
    const { imageTokens } = this.plan.value;
    if (imageTokens === undefined || imageTokens <= this.budget) return undefined;
    const detail = `${imageTokens} image tokens, the budget is ${this.budget}`;
    return { code: 'context-too-small', detail };
  }

  choose(family: FamilyId): void {
    this.family = family;
    const entries = Object.entries(FAMILIES[family].params);
    this.params = Object.fromEntries(entries.map(([name, { initial }]) => [name, initial]));
    this.forget();
  }

  /** A changed setting makes the last result one of another recipe. */
  forget(): void {
    this.#stop?.abort();
    this.step = IDLE;
  }

  async prepare(file: Blob): Promise<void> {
    this.#stop?.abort();
    const stop = new AbortController();
    this.#stop = stop;
    this.step = busy(`Preparing for ${this.row.title}`);
    const result = await this.#preparer.prepare(file, this.recipe, stop.signal);
    if (stop.signal.aborted) return;
    this.step = result.ok ? done(result.value) : failedOrIdle(result.failure);
  }
}

import { expect, test } from '@playwright/test';
import { Visitor, file } from './visitor';

const BAD = [
  ['bad_not_an_image.bin', 'no picture that the browser can read'],
  ['bad_empty.png', 'no picture that the browser can read'],
  ['bad_header_only.png', 'damaged or cut off'],
  ['bad_truncated.png', 'damaged or cut off'],
  ['bad_truncated.jpg', 'damaged or cut off'],
  ['bad_corrupt_idat.png', 'damaged or cut off'],
  ['bad_zero_width.png', 'damaged or cut off'],
  ['bad_bomb_60000x60000.png', 'too large'],
] as const;

test('each wrong picture gets its own words, and a good one afterwards works', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  for (const [name, words] of BAD)
    await test.step(name, async () => {
      await visitor.choose(file(name));
      await expect(visitor.trouble).toContainText(words);
      await expect(visitor.run).toHaveAttribute('aria-disabled', 'true');
      await page.getByRole('button', { name: 'Sample: Just one' }).click();
      await expect(visitor.trouble).toHaveCount(0);
    });
  await visitor.choose(file('bad_truncated.png'));
  await expect(visitor.trouble).toBeVisible();
  await visitor.expectAccessible();
  await page.getByRole('button', { name: 'Sample: Just one' }).click();
  expect(await visitor.ask('What color is the star?')).toMatch(/red/);
  expect(visitor.complaints).toEqual([]);
});

test('a turned photo is shown upright, and so the model sees it', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await visitor.choose(file('exif6_300x400.jpg'));
  await expect(page.getByText('400 × 300 → 128 × 128')).toBeVisible();
});

test('a picture of odd shape shows which part the model sees', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await visitor.choose(file('wide_8000x31.png'));
  await expect(page.getByText('8000 × 31 → 128 × 128')).toBeVisible();
  await visitor.expectNoSideways();
});

test('a picture can be pasted and dropped anywhere', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  for (const kind of ['paste', 'drop'] as const) {
    await page.evaluate(async (type) => {
      const blob = await (await fetch('samples/still-life.jpg')).blob();
      const transfer = new DataTransfer();
      transfer.items.add(new File([blob], `${type}.jpg`, { type: blob.type }));
      const init = { bubbles: true, cancelable: true };
      document.body.dispatchEvent(
        type === 'paste'
          ? new ClipboardEvent('paste', { ...init, clipboardData: transfer })
          : new DragEvent('drop', { ...init, dataTransfer: transfer }),
      );
    }, kind);
    await expect(page.getByAltText(`Your picture ${kind}.jpg`)).toBeVisible();
    await expect(page.getByText('1200 × 800 → 128 × 128')).toBeVisible();
  }
});

test('no camera: said in the dialog, which closes with Escape', async ({ page }) => {
  const visitor = new Visitor(page);
  await visitor.open();
  await visitor.connect();
  await page.getByRole('button', { name: 'Camera' }).click();
  await expect(page.getByRole('dialog').getByRole('alert')).toContainText('no camera to use');
  await visitor.expectAccessible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(visitor.run).toBeEnabled();
});

test.describe('with a camera', () => {
  test.use({ permissions: ['camera'] });

  test('a picture is taken and prepared', async ({ page }) => {
    await page.addInitScript(() => {
      // A camera made of a canvas: this computer has none.
      navigator.mediaDevices.getUserMedia = async () => {
        const canvas = document.createElement('canvas');
        canvas.width = 640;
        canvas.height = 480;
        const pen = canvas.getContext('2d');
        if (!pen) throw new Error('no canvas');
        setInterval(() => {
          pen.fillStyle = 'red';
          pen.fillRect(0, 0, 640, 480);
        }, 30);
        return canvas.captureStream(30);
      };
    });
    const visitor = new Visitor(page);
    await visitor.open();
    await visitor.connect();
    await page.getByRole('button', { name: 'Camera' }).click();
    await page.getByRole('button', { name: 'Take the picture' }).click();
    await expect(page.getByText('640 × 480 → 128 × 128')).toBeVisible();
  });
});

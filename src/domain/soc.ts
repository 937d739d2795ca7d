/**
 * Chip -> generation of its Hexagon processor (HTP).
 * Source: pytorch/executorch backends/qualcomm/serialization/qc_schema.py (_soc_info_table) and
 * backends/qualcomm/tests/rework/htp/conftest.py.
 */
export const HTP_ARCHS: Readonly<Record<string, string>> = {
  ...{ SM8350: 'v68', SA8295: 'v68', QCM6490: 'v68' },
  ...{ SM8450: 'v69', SM8475: 'v69', SXR2230P: 'v69' },
  ...{ SM8550: 'v73', SSG2115P: 'v73', SSG2125P: 'v73', SXR1230P: 'v73' },
  ...{ SA8255: 'v73', QCS9100: 'v73' },
  SM8650: 'v75',
  ...{ SM8750: 'v79', SXR2330P: 'v79' },
  ...{ SM8850: 'v81', SM8845: 'v81', SA8797: 'v81', SAR2230P: 'v81', SW6100: 'v81' },
};

/**
 * The HTP of a chip by the name that `ro.soc.model` gives it; variants ("SM8650-AC", "SM8750P") count as their base.
 * Undefined: not a chip that is known to have one.
 */
export function htpArchOf(soc: string | undefined): string | undefined {
  const [whole = '', base = ''] = /^([A-Z]+\d{4})[A-Z]?/.exec(soc ?? '') ?? [];
  for (const name of [whole, base]) if (Object.hasOwn(HTP_ARCHS, name)) return HTP_ARCHS[name];
  return undefined;
}

/** QNN's numbers of chips, as they stand in compiled models. Source: as of `HTP_ARCHS` (QcomChipset). */
export const QNN_SOCS: Readonly<Record<number, string>> = {
  ...{ 30: 'SM8350', 36: 'SM8450', 42: 'SM8475', 43: 'SM8550', 57: 'SM8650', 69: 'SM8750' },
  ...{ 87: 'SM8850', 97: 'SM8845', 39: 'SA8295', 45: 'SXR1230P', 46: 'SSG2115P' },
  ...{ 53: 'SXR2230P', 58: 'SSG2125P', 75: 'SXR2330P', 77: 'QCS9100' },
};

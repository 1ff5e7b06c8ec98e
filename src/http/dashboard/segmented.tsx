interface SegmentedProps {
  readonly legend: string;
  readonly name: string;
  /** The first is what is chosen at first. */
  readonly options: readonly { readonly value: string; readonly label: string; readonly title?: string }[];
}

/** One of a few: radio buttons, drawn as one control. */
export const Segmented = ({ legend, name, options }: SegmentedProps) => (
  <fieldset class="segmented">
    <legend class="visually-hidden">{legend}</legend>
    {options.map(({ value, label, title }, index) => (
      <label title={title}>
        <input type="radio" name={name} value={value} checked={index === 0} />
        <span>{label}</span>
      </label>
    ))}
  </fieldset>
);

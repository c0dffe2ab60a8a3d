interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, label: string])[];
  readonly onChange: (value: T) => void;
}

/** A few words of which one holds. */
export function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  return (
    <fieldset className="choice">
      <legend>{label}</legend>
      <div>
        {options.map(([each, text]) => (
          <button key={each} type="button" aria-pressed={each === value} onClick={() => onChange(each)}>
            {text}
          </button>
        ))}
      </div>
    </fieldset>
  );
}

interface SwitchProps {
  readonly label: string;
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
}

export function Switch({ label, on, onChange }: SwitchProps) {
  return (
    <button type="button" role="switch" aria-checked={on} className="switch" onClick={() => onChange(!on)}>
      <span>{label}</span>
      <span className="track" aria-hidden="true">
        <span className="knob">{on ? '✓' : ''}</span>
      </span>
    </button>
  );
}
